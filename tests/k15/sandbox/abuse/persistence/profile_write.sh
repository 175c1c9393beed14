# promise: start-up files that a run writes are not read by a later shell
for file in "$HOME/.bashrc" "$HOME/.profile" "$HOME/.bash_profile" "$HOME/.bash_login" /etc/profile /etc/bash.bashrc .env; do
    { echo 'echo "ESCAPED: a planted start-up file ran"' >>"$file"; } 2>/dev/null
done
echo "READY: planted"
