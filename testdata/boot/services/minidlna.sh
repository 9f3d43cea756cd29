# minidlna: what lies in a folder is found, also what comes later; its pages, a file, a search over the network
unit=minidlna.service
packages="minidlna python3"

configure() {
    put /etc/minidlna.conf << 'X'
media_dir=P,/srv/media
db_dir=/var/cache/minidlna
log_dir=/var/log/minidlna
port=8200
friendly_name=rig
inotify=yes
network_interface=net0
X
    mkdir -p /srv/media
    python3 - << 'X'
import base64
# The smallest picture: white, 8 by 8 points.
quant = b"\xff\xdb\x00\x43\x00" + bytes([16] * 64)
frame = b"\xff\xc0\x00\x0b\x08\x00\x08\x00\x08\x01\x01\x11\x00"
dc = b"\xff\xc4\x00\x14\x00\x01" + bytes(15) + b"\x00"
ac = b"\xff\xc4\x00\x14\x10\x01" + bytes(15) + b"\x00"
scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x3f"
with open("/srv/media/first.jpg", "wb") as file:
    file.write(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + quant + frame + dc + ac + scan + b"\xff\xd9")
X
    systemctl enable minidlna > /dev/null 2>&1
}

# pictures: what it answers to a player that asks for all pictures.
pictures() {
    fetch -H 'Content-Type: text/xml; charset="utf-8"' \
        -H 'SOAPACTION: "urn:schemas-upnp-org:service:ContentDirectory:1#Browse"' -d @- http://10.77.0.1:8200/ctl/ContentDir << 'X'
<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body><u:Browse
xmlns:u="urn:schemas-upnp-org:service:ContentDirectory:1"><ObjectID>3$B</ObjectID><BrowseFlag>BrowseDirectChildren</BrowseFlag>
<Filter>*</Filter><StartingIndex>0</StartingIndex><RequestedCount>9</RequestedCount><SortCriteria></SortCriteria></u:Browse>
</s:Body></s:Envelope>
X
}

probe() {
    fetch http://10.77.0.1:8200/rootDesc.xml | grep -q '<friendlyName>rig' || fail "description"
    eventually 60 eval 'pictures | grep -q first' || fail "picture is not found: $(pictures | tail -c 150)"
    cp /srv/media/first.jpg /srv/media/second.jpg
    eventually 40 eval 'pictures | grep -q second' || fail "later picture is not found"
    fetch "$(pictures | grep -o 'http://[^&]*MediaItems[^&]*jpg' | head -n 1)" | cmp -s - /srv/media/first.jpg || fail "file"
    ls /var/cache/minidlna/files.db > /dev/null || fail "database"
}
