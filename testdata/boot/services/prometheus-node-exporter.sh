# prometheus-node-exporter (Go): the figures of the machine, a file with more of them
unit=prometheus-node-exporter.service
packages="prometheus-node-exporter"
reload=no # by SIGHUP, of which it ends

configure() {
    put /etc/default/prometheus-node-exporter << 'X'
ARGS="--web.listen-address=127.0.0.1:9100 --collector.textfile.directory=/var/lib/node-figures --collector.processes --collector.systemd"
X
    put /var/lib/node-figures/rig.prom <<< 'rig_figure 7'
}

probe() {
    local figure figures=/run/rig/figures
    eventually 30 fetch http://127.0.0.1:9100/metrics || fail "no answer"
    fetch http://127.0.0.1:9100/metrics > $figures
    for figure in node_cpu_seconds_total node_memory_MemTotal_bytes node_load1 'node_filesystem_size_bytes.*mountpoint="/"' \
        'node_network_receive_bytes_total.device="net0"' 'node_network_info.*device="net0"' node_boot_time_seconds \
        'node_disk_io_now.device="vda"' 'node_uname_info.*bootrig' node_sockstat_TCP_inuse node_netstat_Tcp_ActiveOpens \
        node_timex_offset_seconds node_vmstat_pgfault node_entropy_available_bits node_filefd_allocated \
        'node_processes_pids' 'node_systemd_unit_state.*cron.service.*active' 'node_network_address_assign_type.device="net0"' \
        'node_udp_queues' node_schedstat_running_seconds_total rig_figure; do
        grep -q "^$figure" $figures || fail "no $figure"
    done
    # Those that find nothing on this machine fail in the baseline too.
    figure=$(grep -c '^node_scrape_collector_success.* 1$' $figures)
    [ "$figure" -ge "${COLLECTORS:-30}" ] || fail "only $figure collectors succeed"
}
