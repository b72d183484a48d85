# SPDX-License-Identifier: GPL-2.0
# make                      build kite.ko for the running kernel, or for KDIR=...; W=1 C=2 pass through to Kbuild
# make help                 the other targets

KDIR ?= /lib/modules/$(shell uname -r)/build
INSTALL_HDR_PATH ?= /usr/local

# A normal user's PATH on Debian lacks depmod.
export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin

# The headers of some kernels make a module fail that cannot have BTF.
without_btf := $(if $(shell command -v pahole),,CONFIG_DEBUG_INFO_BTF_MODULES=)

all:
	$(MAKE) -C $(KDIR) M=$(CURDIR) $(without_btf) modules

clean:
	[ ! -d $(KDIR) ] || $(MAKE) -C $(KDIR) M=$(CURDIR) clean
	rm -rf build

install: all
	$(MAKE) -C $(KDIR) M=$(CURDIR) $(without_btf) modules_install
	depmod -a $(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH)) $$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' \
		$(KDIR)/include/generated/utsrelease.h)
	install -D -m 644 include/uapi/linux/kite.h $(INSTALL_HDR_PATH)/include/linux/kite.h
	$(MAKE) -C tools O=$(CURDIR)/build/tools install

check:
	@scripts/check $(if $(K),--kernel $(K)) $(if $(T),--test $(T))

demo:
	@scripts/demo

bench:
	@scripts/bench $(if $(K),-k $(K)) $(if $(TSV),-o $(TSV)) $(B)

tools:
	@scripts/build-tools

shell:
	@scripts/vm shell $(if $(K),-k $(K))

help:
	@echo 'make                  build kite.ko for the running kernel, or for KDIR=...; W=1 C=2 as in the kernel'
	@echo 'make install          kite.ko to /lib/modules, kite.h to $(INSTALL_HDR_PATH)/include/linux, kite-run to /usr/local'
	@echo 'make check            every selftest on every kernel of the matrix, in virtual machines'
	@echo 'make check K=6.1 T=X  the selftest X on one kernel (6.1, 6.12 or debug; rt-6.1, oldest-6.1, ..., too)'
	@echo 'make demo             an echo server and its client on either side of a router, all shown'
	@echo 'make bench            instructions that AF_INET and AF_KITE take for the same operations; B=NAME: only that one;'
	@echo '                      TSV=FILE: to a file, too; scripts/bench --list: the names'
	@echo 'make tools            kite-run and kite-bench, in build/tools'
	@echo 'make shell K=6.1      a shell in a virtual machine with the module at hand'
	@echo 'make clean            remove what was built here (the cache of kernels stays)'

.PHONY: all clean install check demo bench tools shell help
