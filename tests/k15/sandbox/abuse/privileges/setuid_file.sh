# promise: a set-user-id file gives nobody a right
cp /bin/sh ./k15abuse-sh 2>/dev/null && chmod 6755 ./k15abuse-sh 2>/dev/null && chown 0:0 ./k15abuse-sh 2>/dev/null && echo "ESCAPED: gave a file to root"
[ -x ./k15abuse-sh ] && ./k15abuse-sh -p -c 'grep -E "^Cap(Prm|Eff):" /proc/self/status' | grep -v 0000000000000000 && echo "ESCAPED: has capabilities"
echo "HELD: no right gained"
