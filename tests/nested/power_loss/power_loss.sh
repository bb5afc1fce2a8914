#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# power_loss.sh PROGRAM [ARG ...]: in the nested machine, loads what the test needs of its kernel, and runs it.
set -e
insmod /modules/brd.ko rd_nr=1 rd_size=262144
for module in loop dm-mod dm-delay dm-log-writes; do insmod /modules/$module.ko; done
# The disk, with a cache that wants to be flushed, as a ram disk has none.
busybox dd if=/dev/zero of=/tmp/disk bs=1M count=1 2>/dev/null
busybox losetup /dev/loop0 /tmp/disk
exec "$@"
