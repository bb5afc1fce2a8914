/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and selectors, for the ROM, the first instructions, the linker script and C++. */
#ifndef KEEL_BARE_LAYOUT_H
#define KEEL_BARE_LAYOUT_H

/* The image begins with its first instruction. */
#define BARE_IMAGE 0x200000
/* Memory of the machine that is for the disks' data, up to its end: see qemu.cpp for how much it has. */
#define BARE_BUFFERS 0x4000000
#define BARE_MEMORY 0x10000000
/* Nothing else lies there on QEMU's PCs: where the image puts what devices show of themselves. */
#define BARE_DEVICES 0xe0000000
#define BARE_DEVICE_PORTS 0xc000

/* Where in its 64 KiB the ROM's first instruction is: near the end, which is where a reset goes. */
#define ROM_START 0xff00
#define ROM_CODE 0x08
#define ROM_DATA 0x10

/* The image's own. The last two are what this host's KVM shows a guest, whatever it loads. */
#define BARE_CODE_CPL0 0x08
#define BARE_DATA_CPL3 0x2b
#define BARE_CODE_CPL3 0x33
#define BARE_TASK 0x48

#define BARE_TASK_BYTES 104
#define BARE_PORT_BYTES 8192

#endif
