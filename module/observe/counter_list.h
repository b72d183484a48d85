/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The list of all event counters: counters.h makes an enum of it, counters.c
 * names and drop reasons. Included several times, with the two
 * macros defined anew each time:
 *
 * KITE_COUNTER(id, group, name) is an event. KITE_DISCARD(id, group, name,
 * reason) is a packet lost: kite_drop() takes these, and gives the reason to the
 * kernel.
 *
 * Order within a group is the order of the columns shown. Names that RFC 4293,
 * RFC 4022 or RFC 4113 define, or that /proc/net/snmp and /proc/net/netstat
 * made customary, keep them.
 */

/* packets received from below */
KITE_COUNTER(KITE_CNT_Ip_InReceives, "Ip", "InReceives")
/* bad version, ihl or total length */
KITE_DISCARD(KITE_CNT_Ip_InHdrErrors, "Ip", "InHdrErrors",
	     SKB_DROP_REASON_IP_INHDR)
/* no local address and no way on, martians */
KITE_DISCARD(KITE_CNT_Ip_InAddrErrors, "Ip", "InAddrErrors",
	     SKB_DROP_REASON_IP_INADDRERRORS)
/* packets passed on to the FORWARD hook */
KITE_COUNTER(KITE_CNT_Ip_ForwDatagrams, "Ip", "ForwDatagrams")
/* nobody takes the protocol */
KITE_DISCARD(KITE_CNT_Ip_InUnknownProtos, "Ip", "InUnknownProtos",
	     SKB_DROP_REASON_IP_NOPROTO)
/* lost inside for want of memory */
KITE_DISCARD(KITE_CNT_Ip_InDiscards, "Ip", "InDiscards",
	     SKB_DROP_REASON_NOMEM)
/* packets handed to a transport */
KITE_COUNTER(KITE_CNT_Ip_InDelivers, "Ip", "InDelivers")
/* packets that local senders asked for */
KITE_COUNTER(KITE_CNT_Ip_OutRequests, "Ip", "OutRequests")
/* sends lost inside */
KITE_DISCARD(KITE_CNT_Ip_OutDiscards, "Ip", "OutDiscards",
	     SKB_DROP_REASON_NOMEM)
/* no route to where a sender wants to go */
KITE_DISCARD(KITE_CNT_Ip_OutNoRoutes, "Ip", "OutNoRoutes",
	     SKB_DROP_REASON_IP_OUTNOROUTES)
KITE_COUNTER(KITE_CNT_Ip_ReasmTimeout, "Ip", "ReasmTimeout")
KITE_COUNTER(KITE_CNT_Ip_ReasmReqds, "Ip", "ReasmReqds")
KITE_COUNTER(KITE_CNT_Ip_ReasmOKs, "Ip", "ReasmOKs")
KITE_DISCARD(KITE_CNT_Ip_ReasmFails, "Ip", "ReasmFails",
	     SKB_DROP_REASON_NOT_SPECIFIED)
KITE_COUNTER(KITE_CNT_Ip_FragOKs, "Ip", "FragOKs")
KITE_DISCARD(KITE_CNT_Ip_FragFails, "Ip", "FragFails",
	     SKB_DROP_REASON_PKT_TOO_BIG)
KITE_COUNTER(KITE_CNT_Ip_FragCreates, "Ip", "FragCreates")

/* shorter than the header says */
KITE_DISCARD(KITE_CNT_IpExt_InTruncatedPkts, "IpExt", "InTruncatedPkts",
	     SKB_DROP_REASON_PKT_TOO_SMALL)
/* header checksum wrong */
KITE_DISCARD(KITE_CNT_IpExt_InCsumErrors, "IpExt", "InCsumErrors",
	     SKB_DROP_REASON_IP_CSUM)
/* no route for a packet that came in */
KITE_DISCARD(KITE_CNT_IpExt_InNoRoutes, "IpExt", "InNoRoutes",
	     SKB_DROP_REASON_IP_INNOROUTES)
KITE_COUNTER(KITE_CNT_IpExt_InOctets, "IpExt", "InOctets")
KITE_COUNTER(KITE_CNT_IpExt_OutOctets, "IpExt", "OutOctets")
KITE_COUNTER(KITE_CNT_IpExt_InMcastPkts, "IpExt", "InMcastPkts")
KITE_COUNTER(KITE_CNT_IpExt_OutMcastPkts, "IpExt", "OutMcastPkts")
KITE_COUNTER(KITE_CNT_IpExt_InBcastPkts, "IpExt", "InBcastPkts")
KITE_COUNTER(KITE_CNT_IpExt_OutBcastPkts, "IpExt", "OutBcastPkts")
KITE_COUNTER(KITE_CNT_IpExt_InNoECTPkts, "IpExt", "InNoECTPkts")
KITE_COUNTER(KITE_CNT_IpExt_InECT1Pkts, "IpExt", "InECT1Pkts")
KITE_COUNTER(KITE_CNT_IpExt_InECT0Pkts, "IpExt", "InECT0Pkts")
KITE_COUNTER(KITE_CNT_IpExt_InCEPkts, "IpExt", "InCEPkts")

/* frames for another host, seen in promiscuous mode */
KITE_DISCARD(KITE_CNT_KiteExt_InOtherHost, "KiteExt", "InOtherHost",
	     SKB_DROP_REASON_OTHERHOST)
/* a shared skb that could not be cloned */
KITE_COUNTER(KITE_CNT_KiteExt_InNoClone, "KiteExt", "InNoClone")
/* forwarding is off here */
KITE_DISCARD(KITE_CNT_KiteExt_InNoForward, "KiteExt", "InNoForward",
	     SKB_DROP_REASON_IP_INADDRERRORS)
/* ttl ran out on the way */
KITE_DISCARD(KITE_CNT_KiteExt_InTtlExceeded, "KiteExt", "InTtlExceeded",
	     SKB_DROP_REASON_IP_INHDR)
/* source address that cannot be where it came from */
KITE_DISCARD(KITE_CNT_KiteExt_InMartianSrc, "KiteExt", "InMartianSrc",
	     SKB_DROP_REASON_IP_INADDRERRORS)
/* destination address that no packet may carry here */
KITE_DISCARD(KITE_CNT_KiteExt_InMartianDst, "KiteExt", "InMartianDst",
	     SKB_DROP_REASON_IP_INADDRERRORS)
/* rp_filter: the way back is another */
KITE_DISCARD(KITE_CNT_KiteExt_InRpFilter, "KiteExt", "InRpFilter",
	     SKB_DROP_REASON_IP_RPFILTER)
/* a group that this device is no member of */
KITE_DISCARD(KITE_CNT_KiteExt_InNotMember, "KiteExt", "InNotMember",
	     SKB_DROP_REASON_IP_INADDRERRORS)
/* unicast in a link-layer multicast or broadcast frame */
KITE_DISCARD(KITE_CNT_KiteExt_InL2Multicast, "KiteExt", "InL2Multicast",
	     SKB_DROP_REASON_UNICAST_IN_L2_MULTICAST)
/* a blackhole route */
KITE_DISCARD(KITE_CNT_KiteExt_InBlackhole, "KiteExt", "InBlackhole",
	     SKB_DROP_REASON_IP_INNOROUTES)
/* options whose lengths or pointers are wrong */
KITE_DISCARD(KITE_CNT_KiteExt_InBadOptions, "KiteExt", "InBadOptions",
	     SKB_DROP_REASON_IP_INHDR)
/* source routes where they are not accepted */
KITE_DISCARD(KITE_CNT_KiteExt_InSourceRoute, "KiteExt", "InSourceRoute",
	     SKB_DROP_REASON_IP_INHDR)
/* a fragment that is here already */
KITE_DISCARD(KITE_CNT_KiteExt_ReasmDuplicate, "KiteExt", "ReasmDuplicate",
	     SKB_DROP_REASON_NOT_SPECIFIED)
/* fragments that overlap: the whole datagram is lost */
KITE_DISCARD(KITE_CNT_KiteExt_ReasmOverlap, "KiteExt", "ReasmOverlap",
	     SKB_DROP_REASON_NOT_SPECIFIED)
/* the filter of a raw or ping socket does not want it */
KITE_DISCARD(KITE_CNT_KiteExt_InSockFiltered, "KiteExt", "InSockFiltered",
	     SKB_DROP_REASON_SOCKET_FILTER)
/* the queue of a raw or ping socket is full */
KITE_DISCARD(KITE_CNT_KiteExt_InSockFull, "KiteExt", "InSockFull",
	     SKB_DROP_REASON_SOCKET_RCVBUFF)
/* a hook function said drop */
KITE_DISCARD(KITE_CNT_KiteExt_HookDrop, "KiteExt", "HookDrop",
	     SKB_DROP_REASON_NETFILTER_DROP)
/* a hook function said queue, which KITE cannot */
KITE_DISCARD(KITE_CNT_KiteExt_HookQueue, "KiteExt", "HookQueue",
	     SKB_DROP_REASON_NETFILTER_DROP)
/* the next hop's link address cannot be found */
KITE_DISCARD(KITE_CNT_KiteExt_OutNoNeighbour, "KiteExt", "OutNoNeighbour",
	     SKB_DROP_REASON_NEIGH_FAILED)

KITE_COUNTER(KITE_CNT_Icmp_InMsgs, "Icmp", "InMsgs")
KITE_DISCARD(KITE_CNT_Icmp_InErrors, "Icmp", "InErrors",
	     SKB_DROP_REASON_HDR_TRUNC)
KITE_DISCARD(KITE_CNT_Icmp_InCsumErrors, "Icmp", "InCsumErrors",
	     SKB_DROP_REASON_ICMP_CSUM)
KITE_COUNTER(KITE_CNT_Icmp_InDestUnreachs, "Icmp", "InDestUnreachs")
KITE_COUNTER(KITE_CNT_Icmp_InTimeExcds, "Icmp", "InTimeExcds")
KITE_COUNTER(KITE_CNT_Icmp_InParmProbs, "Icmp", "InParmProbs")
KITE_COUNTER(KITE_CNT_Icmp_InSrcQuenchs, "Icmp", "InSrcQuenchs")
KITE_COUNTER(KITE_CNT_Icmp_InRedirects, "Icmp", "InRedirects")
KITE_COUNTER(KITE_CNT_Icmp_InEchos, "Icmp", "InEchos")
KITE_COUNTER(KITE_CNT_Icmp_InEchoReps, "Icmp", "InEchoReps")
KITE_COUNTER(KITE_CNT_Icmp_InTimestamps, "Icmp", "InTimestamps")
KITE_COUNTER(KITE_CNT_Icmp_InTimestampReps, "Icmp", "InTimestampReps")
KITE_COUNTER(KITE_CNT_Icmp_InAddrMasks, "Icmp", "InAddrMasks")
KITE_COUNTER(KITE_CNT_Icmp_InAddrMaskReps, "Icmp", "InAddrMaskReps")
KITE_COUNTER(KITE_CNT_Icmp_OutMsgs, "Icmp", "OutMsgs")
KITE_COUNTER(KITE_CNT_Icmp_OutErrors, "Icmp", "OutErrors")
KITE_COUNTER(KITE_CNT_Icmp_OutRateLimitGlobal, "Icmp", "OutRateLimitGlobal")
KITE_COUNTER(KITE_CNT_Icmp_OutRateLimitHost, "Icmp", "OutRateLimitHost")
KITE_COUNTER(KITE_CNT_Icmp_OutDestUnreachs, "Icmp", "OutDestUnreachs")
KITE_COUNTER(KITE_CNT_Icmp_OutTimeExcds, "Icmp", "OutTimeExcds")
KITE_COUNTER(KITE_CNT_Icmp_OutParmProbs, "Icmp", "OutParmProbs")
KITE_COUNTER(KITE_CNT_Icmp_OutSrcQuenchs, "Icmp", "OutSrcQuenchs")
KITE_COUNTER(KITE_CNT_Icmp_OutRedirects, "Icmp", "OutRedirects")
KITE_COUNTER(KITE_CNT_Icmp_OutEchos, "Icmp", "OutEchos")
KITE_COUNTER(KITE_CNT_Icmp_OutEchoReps, "Icmp", "OutEchoReps")
KITE_COUNTER(KITE_CNT_Icmp_OutTimestamps, "Icmp", "OutTimestamps")
KITE_COUNTER(KITE_CNT_Icmp_OutTimestampReps, "Icmp", "OutTimestampReps")
KITE_COUNTER(KITE_CNT_Icmp_OutAddrMasks, "Icmp", "OutAddrMasks")
KITE_COUNTER(KITE_CNT_Icmp_OutAddrMaskReps, "Icmp", "OutAddrMaskReps")

KITE_COUNTER(KITE_CNT_Tcp_ActiveOpens, "Tcp", "ActiveOpens")
KITE_COUNTER(KITE_CNT_Tcp_PassiveOpens, "Tcp", "PassiveOpens")
KITE_COUNTER(KITE_CNT_Tcp_AttemptFails, "Tcp", "AttemptFails")
KITE_COUNTER(KITE_CNT_Tcp_EstabResets, "Tcp", "EstabResets")
KITE_COUNTER(KITE_CNT_Tcp_InSegs, "Tcp", "InSegs")
KITE_COUNTER(KITE_CNT_Tcp_OutSegs, "Tcp", "OutSegs")
KITE_COUNTER(KITE_CNT_Tcp_RetransSegs, "Tcp", "RetransSegs")
/* header too short, cut off or malformed */
KITE_DISCARD(KITE_CNT_Tcp_InErrs, "Tcp", "InErrs",
	     SKB_DROP_REASON_HDR_TRUNC)
KITE_COUNTER(KITE_CNT_Tcp_OutRsts, "Tcp", "OutRsts")
KITE_DISCARD(KITE_CNT_Tcp_InCsumErrors, "Tcp", "InCsumErrors",
	     SKB_DROP_REASON_TCP_CSUM)

KITE_COUNTER(KITE_CNT_TcpExt_SyncookiesSent, "TcpExt", "SyncookiesSent")
KITE_COUNTER(KITE_CNT_TcpExt_SyncookiesRecv, "TcpExt", "SyncookiesRecv")
/* an acknowledgment that should bring a SYN cookie back, and does not */
KITE_DISCARD(KITE_CNT_TcpExt_SyncookiesFailed, "TcpExt", "SyncookiesFailed",
	     SKB_DROP_REASON_TCP_INVALID_SEQUENCE)
/* SYN queue full: answered with a cookie, or dropped */
KITE_COUNTER(KITE_CNT_TcpExt_TCPReqQFullDoCookies, "TcpExt", "TCPReqQFullDoCookies")
KITE_COUNTER(KITE_CNT_TcpExt_TCPReqQFullDrop, "TcpExt", "TCPReqQFullDrop")
/* no socket wants the segment */
KITE_DISCARD(KITE_CNT_TcpExt_InNoSocket, "TcpExt", "InNoSocket",
	     SKB_DROP_REASON_NO_SOCKET)
/* SYN dropped, accept queue full */
KITE_DISCARD(KITE_CNT_TcpExt_ListenOverflows, "TcpExt", "ListenOverflows",
	     SKB_DROP_REASON_NOT_SPECIFIED)
/* SYN dropped, SYN queue full or no memory */
KITE_DISCARD(KITE_CNT_TcpExt_ListenDrops, "TcpExt", "ListenDrops",
	     SKB_DROP_REASON_NOT_SPECIFIED)
/* outside of the window, old, or not acceptable */
KITE_DISCARD(KITE_CNT_TcpExt_InOutOfWindow, "TcpExt", "InOutOfWindow",
	     SKB_DROP_REASON_TCP_INVALID_SEQUENCE)
/* SYN_SENT: echoes a timestamp of another time */
KITE_DISCARD(KITE_CNT_TcpExt_PAWSActive, "TcpExt", "PAWSActive",
	     SKB_DROP_REASON_TCP_RFC7323_PAWS)
/* a timestamp from before what was received last */
KITE_DISCARD(KITE_CNT_TcpExt_PAWSEstab, "TcpExt", "PAWSEstab",
	     SKB_DROP_REASON_TCP_RFC7323_PAWS)
/* a gap before it and no place to keep it */
KITE_DISCARD(KITE_CNT_TcpExt_InOutOfOrder, "TcpExt", "InOutOfOrder",
	     SKB_DROP_REASON_TCP_OFOMERGE)
/* receive buffer full */
KITE_DISCARD(KITE_CNT_TcpExt_RcvQDrop, "TcpExt", "RcvQDrop",
	     SKB_DROP_REASON_SOCKET_RCVBUFF)
/* socket backlog full */
KITE_DISCARD(KITE_CNT_TcpExt_TCPBacklogDrop, "TcpExt", "TCPBacklogDrop",
	     SKB_DROP_REASON_SOCKET_BACKLOG)
/* a lower time to live than IP_MINTTL asks for */
KITE_DISCARD(KITE_CNT_TcpExt_TCPMinTTLDrop, "TcpExt", "TCPMinTTLDrop",
	     SKB_DROP_REASON_NOT_SPECIFIED)
/* a socket filter said no */
KITE_DISCARD(KITE_CNT_TcpExt_InFiltered, "TcpExt", "InFiltered",
	     SKB_DROP_REASON_SOCKET_FILTER)
/* a segment that its state does not expect */
KITE_DISCARD(KITE_CNT_TcpExt_InBadState, "TcpExt", "InBadState",
	     SKB_DROP_REASON_TCP_FLAGS)
KITE_COUNTER(KITE_CNT_TcpExt_TCPTimeouts, "TcpExt", "TCPTimeouts")
KITE_COUNTER(KITE_CNT_TcpExt_TCPAbortOnTimeout, "TcpExt", "TCPAbortOnTimeout")
KITE_COUNTER(KITE_CNT_TcpExt_TCPAbortOnClose, "TcpExt", "TCPAbortOnClose")
KITE_COUNTER(KITE_CNT_TcpExt_TCPAbortOnData, "TcpExt", "TCPAbortOnData")
/* orphans that were too many, or held too much of the memory */
KITE_COUNTER(KITE_CNT_TcpExt_TCPAbortOnMemory, "TcpExt", "TCPAbortOnMemory")
KITE_COUNTER(KITE_CNT_TcpExt_TCPTimeWaitOverflow, "TcpExt", "TCPTimeWaitOverflow")
KITE_COUNTER(KITE_CNT_TcpExt_TW, "TcpExt", "TW")
/* TIME_WAITs that made room for who connected with their 4-tuple */
KITE_COUNTER(KITE_CNT_TcpExt_TWRecycled, "TcpExt", "TWRecycled")
KITE_COUNTER(KITE_CNT_TcpExt_TCPChallengeACK, "TcpExt", "TCPChallengeACK")
/* blocks that tell the peer what came twice, below and beyond a gap; such from it */
KITE_COUNTER(KITE_CNT_TcpExt_TCPDSACKOldSent, "TcpExt", "TCPDSACKOldSent")
KITE_COUNTER(KITE_CNT_TcpExt_TCPDSACKOfoSent, "TcpExt", "TCPDSACKOfoSent")
KITE_COUNTER(KITE_CNT_TcpExt_TCPDSACKRecv, "TcpExt", "TCPDSACKRecv")
KITE_COUNTER(KITE_CNT_TcpExt_TCPDSACKOfoRecv, "TcpExt", "TCPDSACKOfoRecv")
KITE_COUNTER(KITE_CNT_TcpExt_TCPDSACKUndo, "TcpExt", "TCPDSACKUndo")
KITE_COUNTER(KITE_CNT_TcpExt_TCPFullUndo, "TcpExt", "TCPFullUndo")
KITE_COUNTER(KITE_CNT_TcpExt_TCPLossUndo, "TcpExt", "TCPLossUndo")
KITE_COUNTER(KITE_CNT_TcpExt_TCPLostRetransmit, "TcpExt", "TCPLostRetransmit")
KITE_COUNTER(KITE_CNT_TcpExt_TCPLossProbes, "TcpExt", "TCPLossProbes")
KITE_COUNTER(KITE_CNT_TcpExt_TCPLossProbeRecovery, "TcpExt", "TCPLossProbeRecovery")
/* selective acknowledgments of what was never sent, or cannot be */
KITE_COUNTER(KITE_CNT_TcpExt_TCPSACKDiscard, "TcpExt", "TCPSACKDiscard")
/* peers that threw away what they had reported */
KITE_COUNTER(KITE_CNT_TcpExt_TCPSACKReneging, "TcpExt", "TCPSACKReneging")
/* segments that were larger than others to find out whether they come through, RFC 4821 */
KITE_COUNTER(KITE_CNT_TcpExt_TCPMTUPFail, "TcpExt", "TCPMTUPFail")
KITE_COUNTER(KITE_CNT_TcpExt_TCPMTUPSuccess, "TcpExt", "TCPMTUPSuccess")
/* packets that were not cut, because what is outstanding takes too much memory */
KITE_COUNTER(KITE_CNT_TcpExt_TCPWqueueTooBig, "TcpExt", "TCPWqueueTooBig")
KITE_COUNTER(KITE_CNT_TcpExt_TCPSackRecovery, "TcpExt", "TCPSackRecovery")
KITE_COUNTER(KITE_CNT_TcpExt_TCPRenoRecovery, "TcpExt", "TCPRenoRecovery")
/* answers that came too soon after the last one: tcp_invalid_ratelimit */
KITE_COUNTER(KITE_CNT_TcpExt_TCPACKSkippedSynRecv, "TcpExt", "TCPACKSkippedSynRecv")
KITE_COUNTER(KITE_CNT_TcpExt_TCPACKSkippedSeq, "TcpExt", "TCPACKSkippedSeq")
KITE_COUNTER(KITE_CNT_TcpExt_TCPACKSkippedPAWS, "TcpExt", "TCPACKSkippedPAWS")
KITE_COUNTER(KITE_CNT_TcpExt_TCPACKSkippedTimeWait, "TcpExt", "TCPACKSkippedTimeWait")
KITE_COUNTER(KITE_CNT_TcpExt_TCPACKSkippedChallenge, "TcpExt", "TCPACKSkippedChallenge")
/* TCP_DEFER_ACCEPT: the last ACK of a handshake without data */
KITE_DISCARD(KITE_CNT_TcpExt_TCPDeferAcceptDrop, "TcpExt", "TCPDeferAcceptDrop",
	     SKB_DROP_REASON_NOT_SPECIFIED)

KITE_COUNTER(KITE_CNT_Udp_InDatagrams, "Udp", "InDatagrams")
KITE_DISCARD(KITE_CNT_Udp_NoPorts, "Udp", "NoPorts",
	     SKB_DROP_REASON_NO_SOCKET)
/* too short, length wrong */
KITE_DISCARD(KITE_CNT_Udp_InErrors, "Udp", "InErrors",
	     SKB_DROP_REASON_PKT_TOO_SMALL)
KITE_COUNTER(KITE_CNT_Udp_OutDatagrams, "Udp", "OutDatagrams")
KITE_DISCARD(KITE_CNT_Udp_RcvbufErrors, "Udp", "RcvbufErrors",
	     SKB_DROP_REASON_SOCKET_RCVBUFF)
KITE_COUNTER(KITE_CNT_Udp_SndbufErrors, "Udp", "SndbufErrors")
KITE_DISCARD(KITE_CNT_Udp_InCsumErrors, "Udp", "InCsumErrors",
	     SKB_DROP_REASON_UDP_CSUM)
KITE_DISCARD(KITE_CNT_Udp_IgnoredMulti, "Udp", "IgnoredMulti",
	     SKB_DROP_REASON_NO_SOCKET)
KITE_DISCARD(KITE_CNT_Udp_MemErrors, "Udp", "MemErrors",
	     SKB_DROP_REASON_PROTO_MEM)
/* a socket filter said no */
KITE_DISCARD(KITE_CNT_Udp_InFiltered, "Udp", "InFiltered",
	     SKB_DROP_REASON_SOCKET_FILTER)
