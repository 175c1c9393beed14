# promise: nothing of drivers, buses or interrupts can be changed through /proc

import os

opened = []
for path in (
    "acpi/wakeup",
    "scsi/scsi",
    "irq/default_smp_affinity",
    "bus/pci",
    "mtrr",
    "sys/dev/cdrom/lock",
    "fs/nfsd",
    "driver/snd-page-alloc",
):
    try:
        os.close(os.open(f"/proc/{path}", os.O_RDWR))
    except OSError:
        continue
    opened.append(path)
print(f"ESCAPED: {opened}" if opened else "HELD: none opened")
