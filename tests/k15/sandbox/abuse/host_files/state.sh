# promise: the host's logs, mail, spools and service state are not in view
found=""
for directory in /var/log /var/mail /var/spool /var/lib/dpkg /var/lib/docker /var/cache /run/systemd /run/dbus /boot /srv /mnt /media; do
    if [ -d "$directory" ]; then
        for entry in "$directory"/*; do [ -e "$entry" ] && found="$found $entry"; done
    fi
done
if [ -n "$found" ]; then echo "ESCAPED:$found"; else echo "HELD: none of it"; fi
