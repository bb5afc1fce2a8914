/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * What a guest is told at its first instruction: rdi holds the virtual address of this. Addresses in
 * it are guest-physical unless they say otherwise.
 */
#ifndef PARAVANE_START_INFO_H
#define PARAVANE_START_INFO_H

#include <paravane/wire.h>

#define PV_START_MAGIC UINT64_C(0x656e617661726170) /* "paravane", first letter lowest */

enum pv_vehicle { PV_VEHICLE_KVM = 1, PV_VEHICLE_PROCESS = 2 };

struct pv_start_info {
    struct pv_le64 magic;
    struct pv_le32 abi_version;
    struct pv_le32 bytes; /* of this struct as the host knows it */
    struct pv_le64 features;
    struct pv_le32 domain;
    struct pv_le32 vehicle; /* enum pv_vehicle */
    struct pv_le32 vcpus;
    struct pv_le32 command_line_bytes; /* without the terminating zero */
    struct pv_le64 virtual_base;       /* virtual address of guest-physical address 0 */
    struct pv_le64 hypercall_page;
    struct pv_le64 time_page;
    struct pv_le64 command_line;
    struct pv_le64 event_area;
    struct pv_le64 grant_table;
    struct pv_le64 grant_entries;
    struct pv_le64 store_area;
    struct pv_le64 store_bytes;
    struct pv_le32 store_port;
    struct pv_le32 direct_events; /* how many vCPU-local interrupts there are, 0 for none */
    struct pv_le64
        interrupt_end;       /* store 0 here (32 bits) at an interrupt's end; 0: nothing to store */
    struct pv_le64 ram_base; /* the region that holds the image */
    struct pv_le64 ram_bytes;
    struct pv_le64 free_base; /* its first byte past the image and the first vCPU's stack */
    struct pv_le64 stack_top;
    struct pv_le64 arena_base;
    struct pv_le64 arena_bytes;
    struct pv_le64 epoch;
};

#define PV_START_AT(field, at)                                                                     \
    PV_STATIC_ASSERT(offsetof(struct pv_start_info, field) == (at), "ABI")

PV_START_AT(magic, 0);
PV_START_AT(abi_version, 8);
PV_START_AT(bytes, 12);
PV_START_AT(features, 16);
PV_START_AT(domain, 24);
PV_START_AT(vehicle, 28);
PV_START_AT(vcpus, 32);
PV_START_AT(command_line_bytes, 36);
PV_START_AT(virtual_base, 40);
PV_START_AT(hypercall_page, 48);
PV_START_AT(time_page, 56);
PV_START_AT(command_line, 64);
PV_START_AT(event_area, 72);
PV_START_AT(grant_table, 80);
PV_START_AT(grant_entries, 88);
PV_START_AT(store_area, 96);
PV_START_AT(store_bytes, 104);
PV_START_AT(store_port, 112);
PV_START_AT(direct_events, 116);
PV_START_AT(interrupt_end, 120);
PV_START_AT(ram_base, 128);
PV_START_AT(ram_bytes, 136);
PV_START_AT(free_base, 144);
PV_START_AT(stack_top, 152);
PV_START_AT(arena_base, 160);
PV_START_AT(arena_bytes, 168);
PV_START_AT(epoch, 176);
PV_STATIC_ASSERT(sizeof(struct pv_start_info) == 184, "ABI");

#endif
