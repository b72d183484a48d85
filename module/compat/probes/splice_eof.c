// SPDX-License-Identifier: GPL-2.0
/* sendfile() and splice() tell a socket that nothing follows after all (6.5). */
#include <linux/net.h>

bool probe(const struct proto_ops *ops);
bool probe(const struct proto_ops *ops)
{
	return ops->splice_eof;
}
