# SPDX-License-Identifier: Apache-2.0
"""The chain of core/base/chain.h computed a second time, with hashlib and typed-in bytes. test_chain.c holds its output.

Must never import or run anything of Postern's: it is the independent side.
"""
import hashlib

ZERO = bytes(32)


def sha(b):
    return hashlib.sha256(b).digest()


def record(tenant, gate, epoch, seq, previous, clear, sealed_hash):
    return sha(b"postern journal record v1\n" + epoch.to_bytes(8, "big") + seq.to_bytes(8, "big")
               + len(tenant).to_bytes(4, "big") + tenant + len(gate).to_bytes(4, "big") + gate
               + previous + sha(clear) + sealed_hash)


first = record(b"utopia", b"north-1", 1, 1, ZERO, bytes([0x08, 0x01]), ZERO)
sealed = sha(b"sealed bytes")
second = record(b"utopia", b"north-1", 1, 2, first, bytes([0x08, 0x02, 0x18, 0x05]), sealed)
big = record(b"t" * 64, b"g", 0x0102030405060708, 0xF1F2F3F4F5F6F7F8, second, b"", sealed)
for name, value in (("first", first), ("sealed", sealed), ("second", second), ("big", big)):
    print(name, value.hex())
