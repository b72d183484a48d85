// SPDX-License-Identifier: GPL-2.0
/*
 * insns: a plugin for QEMU that counts how often the guest executes each block
 * of its code (kernel, modules and programs), while the guest wants it to
 * (mark.h). It sees all: what runs with interrupts off, too, and changes
 * nothing.
 *
 *   qemu-system-x86_64 -accel tcg,thread=single -plugin insns.so,out=FILE ...
 *
 * FILE gets a line for each block: address, instructions in it, executions; and
 * "." behind each MARK_REPORT.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"
#include "qemu_plugin.h"

EXPORT int qemu_plugin_version = 1;

/**
 * struct block - what QEMU has translated at once: executed from its beginning to its end
 * @next: the one translated before
 * @address: where it begins
 * @insns: how many instructions
 * @count: how often it was executed
 */
struct block {
	struct block		*next;
	unsigned long long	address;
	unsigned long long	insns;
	unsigned long long	count;
};

static struct block *blocks;
static bool counting;
static FILE *out;

static void block_executed(unsigned int vcpu, void *data)
{
	struct block *block = data;

	(void)vcpu;
	block->count += counting;
}

static void report(void)
{
	struct block *block;

	for (block = blocks; block; block = block->next) {
		if (block->count)
			fprintf(out, "%016llx %llu %llu\n", block->address, block->insns,
				block->count);
		block->count = 0;
	}
	fputs(".\n", out);
	fflush(out);
}

static void mark_executed(unsigned int vcpu, void *data)
{
	(void)vcpu;
	switch ((uintptr_t)data) {
	case MARK_BEGIN:
		counting = true;
		break;
	case MARK_END:
		counting = false;
		break;
	case MARK_REPORT:
		report();
		break;
	}
}

/* The number of a mark, or 0 of any other instruction */
static uint32_t mark_of(const struct qemu_plugin_insn *insn)
{
	static const unsigned char opcode[] = MARK_OPCODE;
	uint32_t number;

	if (qemu_plugin_insn_size(insn) != sizeof(opcode) + sizeof(number) ||
	    memcmp(qemu_plugin_insn_data(insn), opcode, sizeof(opcode)))
		return 0;
	memcpy(&number, (const char *)qemu_plugin_insn_data(insn) + sizeof(opcode),
	       sizeof(number));
	return number;
}

static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	struct block *block = malloc(sizeof(*block));
	struct qemu_plugin_insn *insn;
	uint32_t mark;
	size_t i;

	(void)id;
	if (!block)
		abort();
	*block = (struct block){
		.next = blocks,
		.address = qemu_plugin_tb_vaddr(tb),
		.insns = qemu_plugin_tb_n_insns(tb),
	};
	blocks = block;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, block_executed, QEMU_PLUGIN_CB_NO_REGS, block);
	for (i = 0; i < block->insns; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		mark = mark_of(insn);
		if (mark)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark_executed,
							       QEMU_PLUGIN_CB_NO_REGS,
							       (void *)(uintptr_t)mark);
	}
}

/* What QEMU calls once; @info is of no use here */
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", strlen("out=")))
		return -1;
	out = fopen(argv[0] + strlen("out="), "w");
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
	return 0;
}
