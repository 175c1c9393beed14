# promise: su, sudo and their like give nothing
for command in "su -c id" "sudo -n id" "pkexec id" "doas id" "newgrp root" "mount -t tmpfs none /mnt" "fusermount -V" "newuidmap $$ 0 0 1" "chsh -s /bin/sh" "crontab -l"; do
    out=$($command </dev/null 2>/dev/null)
    case $out in *uid=0*) echo "ESCAPED: $command: $out" ;; esac
done
echo "HELD: none of them"
