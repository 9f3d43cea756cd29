// SPDX-License-Identifier: MIT

package evidence

import "strings"

// kernelReads are files below /sys and /proc that Linux lets nobody write, whatever code does with their names:
// "*" stands for one name, a path that ends in "/" for all below it. The source of each is in drivers/, net/, kernel/
// or fs/ of Linux, where the attribute has the mode 0444 or 0400.
var kernelReads = kernelPatterns(`
	/sys/class/dmi/id/{bios_*,board_*,chassis_*,product_*,sys_vendor,modalias,ec_firmware_release}
	/sys/devices/virtual/dmi/id/{bios_*,board_*,chassis_*,product_*,sys_vendor,modalias,ec_firmware_release}
	/sys/firmware/{devicetree/,dmi/tables/,acpi/tables/}
	/sys/class/net/*/{addr_assign_type,addr_len,address,broadcast,carrier_changes,carrier_down_count,carrier_up_count,dev_id,dev_port,dormant,duplex,ifindex}
	/sys/class/net/*/{iflink,link_mode,name_assign_type,operstate,phys_port_id,phys_port_name,phys_switch_id,speed,testing,type,statistics/,wireless}
	/sys/class/atm/*/{address,atmaddress,atmindex,carrier,link_rate,type}
	/sys/class/uio/*/{name,version,event,maps/,portio/}
	/sys/class/pps/*/{assert,clear,mode,echo,name,path}
	/sys/devices/virtual/pps/*/{assert,clear,mode,echo,name,path}
	/sys/class/thermal/*/{temp,type}
	/sys/class/hwmon/*/name
	/sys/class/tty/*/active
	/sys/block/*/{size,ro,removable,dev,range,ext_range,stat,inflight,capability,alignment_offset,discard_alignment}
	/sys/dev/block/*/{size,ro,removable,dev,range,ext_range,stat,inflight,capability,alignment_offset,discard_alignment,partition,start}
	/sys/block/*/queue/{logical_block_size,physical_block_size,hw_sector_size,minimum_io_size,optimal_io_size,discard_granularity,zoned,nr_zones}
	/sys/dev/block/*/queue/{logical_block_size,physical_block_size,hw_sector_size,minimum_io_size,optimal_io_size,discard_granularity,zoned,nr_zones}
	/sys/devices/system/cpu/{online,possible,present,offline,kernel_max,isolated,nohz_full}
	/sys/devices/system/cpu/*/topology/
	/sys/devices/system/node/{online,possible,has_cpu,has_memory,has_normal_memory}
	/sys/devices/system/node/*/{meminfo,numastat,cpumap,cpulist,distance,vmstat}
	/sys/bus/usb/devices/*/{idVendor,idProduct,busnum,devnum,devpath,speed,version,manufacturer,product,serial,bcdDevice,bDeviceClass,descriptors}
	/sys/kernel/security/apparmor/{profiles,features/}
	/proc/sys/kernel/{ostype,osrelease,version,cap_last_cap,ngroups_max,random/boot_id,random/uuid,random/entropy_avail,random/poolsize,pty/nr}
	/proc/sys/fs/{file-nr,inode-nr,inode-state,dentry-state,aio-nr}
	/proc/sys/net/netfilter/nf_conntrack_count
	/proc/sys/net/ipv4/netfilter/ip_conntrack_count
	/proc/fs/nfsd/{supported_krb5_enctypes,export_features,exports,reply_cache_stats}
	/proc/fs/fscache/stats
	/proc/scsi/sg/{devices,device_hdr,device_strs,debug,version}
	/proc/acpi/event
`)

// kernelPatterns writes out the braces, and makes the lists of names by which paths are compared.
func kernelPatterns(text string) (list [][]string) {
	for _, line := range strings.Fields(text) {
		before, rest, _ := strings.Cut(line, "{")
		names, _, _ := strings.Cut(rest, "}")
		for _, name := range strings.Split(names, ",") {
			list = append(list, strings.Split(before+name, "/"))
		}
	}
	return list
}

// isKernelRead tells whether the kernel lets nobody write what a path names, where parts of names that are put in at
// run time may stand for any name but the last.
func isKernelRead(text string) bool {
	if !below([]string{"/sys", "/proc"}, text) {
		return false
	}
	names := strings.Split(text, "/")
	for _, pattern := range kernelReads {
		if matchesNames(pattern, names) {
			return true
		}
	}
	return false
}

func matchesNames(pattern, names []string) bool {
	for i, p := range pattern {
		switch {
		case p == "" && i > 0: // all below
			return true
		case i >= len(names):
			return false
		case p == "*":
			if names[i] == "" || names[i] == ".." {
				return false
			}
		case strings.HasSuffix(p, "*"):
			if !strings.HasPrefix(names[i], p[:len(p)-1]) || strings.ContainsAny(names[i], "%$*?[") {
				return false
			}
		case names[i] != p:
			return false
		}
	}
	return len(names) == len(pattern)
}
