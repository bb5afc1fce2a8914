#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# shut_ports.sh PROGRAM-FOLDER LIBRARY [VCPUS]: keel without I/O ports: see shut_ports.cpp. Its tests must pass, as
# they do with ports; and one hypercall by a port, which is one port instruction, must be its end.
# Exit status: 0 passed, 1 failed, 77 there is no KVM here.
programs=$1
library=$2
vcpus=${3:-2}

[ -w /dev/kvm ] || {
    echo "SKIP: /dev/kvm cannot be used"
    exit 77
}
run() {
    LD_PRELOAD=$library "$programs/paravane" run --vehicle kvm --vcpus "$vcpus" --cmdline "$1" 2>&1
}

said=$(run selftest)
status=$?
passed=${said##*@pv tests }
case $said in
*'the stubs are changed'*'@pv tests '*' 0'*) ;;
*) status=1 ;;
esac
[ $status = 0 ] || {
    echo "$said"
    echo "shut_ports: keel did not pass its tests without ports"
    exit 1
}
said=$(PARAVANE_SHUT_PORTS=wholly run 'exit 0') && {
    echo "$said"
    echo "shut_ports: a port write got through, so nothing was tested"
    exit 1
}
echo "without ports keel's tests pass (${passed% *}), and a port write is fatal: $said"
