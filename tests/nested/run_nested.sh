#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run_nested.sh KERNEL-FOLDER PROGRAM-FOLDER COMMAND [ARG ...]
#
# Boots Debian's kernel in QEMU's emulation of a processor with SVM, and runs COMMAND in it, whose folder is
# PROGRAM-FOLDER. There is a /dev/kvm in there that behaves as hardware does, which the host's own need
# not. Files that PARAVANE_NESTED_FILES names lie in /programs there, beside ours. It has
# PARAVANE_NESTED_PROCESSORS processors, two unless that says otherwise, and its kernel is told what
# PARAVANE_NESTED_KERNEL says. Ends with the command's status. Costs in there mean nothing.
set -euo pipefail

kernel=$1
programs=$2
shift 2
limit=${PARAVANE_NESTED_SECONDS:-240}
kernel_words=${PARAVANE_NESTED_KERNEL:-}
# What the kernel does not know is in its first process's environment.
[ -z "${PARAVANE_SOAK_SECONDS:-}" ] || {
    kernel_words+=" PARAVANE_SOAK_SECONDS=$PARAVANE_SOAK_SECONDS"
    limit=$((limit + 2 * PARAVANE_SOAK_SECONDS))
}

[ -f "$kernel/vmlinuz" ] || {
    echo "there is no kernel in $kernel: ./bootstrap test fetches it, or tests/nested/fetch_kernel" >&2
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The root: our programs, the libraries they need, and busybox.
root=$work/root
mkdir -p "$root"/{bin,dev,proc,sys,tmp,modules,programs}
cp /bin/busybox "$root/bin/"
for name in sh mount insmod poweroff; do ln -s busybox "$root/bin/$name"; done
cp "$kernel"/*.ko "$root/modules/"
need_libraries_of() { { ldd "$1" 2>/dev/null || true; } | grep -o '/[^ ]*' >>"$work/libraries" || true; }
for program in paravane paravane-domain paravane-process-guest paravane-console paravane-blk keel; do
    [ -f "$programs/$program" ] || continue
    strip -o "$root/programs/$program" "$programs/$program"
    need_libraries_of "$programs/$program"
done
for file in ${PARAVANE_NESTED_FILES:-}; do
    cp "$file" "$root/programs/"
    need_libraries_of "$file"
done
sort -u "$work/libraries" | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
done
printf '%q ' "$@" >"$root/command"
cat >"$root/init" <<'INIT'
#!/bin/sh
mount -t devtmpfs none /dev
mount -t proc none /proc
mount -t sysfs none /sys
cd /modules
for module in irqbypass ccp kvm kvm-amd; do insmod $module.ko; done
cd /programs
echo '@nested begins'
PATH=/programs:/bin sh /command
echo "@nested status $?"
poweroff -f
INIT
chmod +x "$root/init"
(cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/initrd"

# One thread for all processors: with one each, guests of two vCPUs ended or hung now and then, for a reason that
# is not known yet, ours or the emulator's.
timeout "$limit" qemu-system-x86_64 -accel tcg,thread=single -cpu max,+svm \
    -smp "${PARAVANE_NESTED_PROCESSORS:-2}" -m 1024 -nographic -no-reboot \
    -kernel "$kernel/vmlinuz" -initrd "$work/initrd" \
    -append "console=ttyS0 panic=-1 quiet $kernel_words" </dev/null >"$work/console" 2>&1 || true
tr -d '\r' <"$work/console" | sed -n '/@nested begins/,$p'
status=$(tr -d '\r' <"$work/console" | sed -n 's/.*@nested status \([0-9]*\)$/\1/p')
[ -n "$status" ] || {
    tail -n 20 "$work/console"
    echo "the nested machine did not come to an end within $limit s"
    exit 1
}
exit "$status"
