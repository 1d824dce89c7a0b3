#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Packs the direction numbers of Joe and Kuo: pack_sobol.py new-joe-kuo-6.21201 sobol_joe_kuo.bin

The output is little-endian 64-bit words: the letters TWSOBOL1, the number of polynomials of degree 1 to 18, then a
stream of bits from the lowest bit of each word on. A polynomial of degree s has its s - 1 inner coefficients (the
number a of the table), then for i = 2 to s the i - 1 upper bits of m_i, which is odd and below 2^i. Polynomials
stand in the order of the table, from dimension 2 on.
"""

import hashlib
import struct
import sys

PUBLISHED = "68eedd2a4e3b659b9695e7aff0f8ac68718bcf620730fc3d3a8c65df2a067441"
HIGHEST_DEGREE = 18


def pack(text):
    counts = [0] * (HIGHEST_DEGREE + 1)
    stream, length, last = 0, 0, 1
    chunks = []
    for number, line in enumerate(text.splitlines()[1:], start=2):
        dimension, degree, a, *m = map(int, line.split())
        if dimension != number or len(m) != degree or degree < last or a >> (degree - 1) or m[0] != 1:
            sys.exit(f"line {number}: not a row of the table: {line}")
        counts[degree] += 1
        last = degree
        fields = [(a, degree - 1)]
        for i, value in enumerate(m[1:], start=2):
            if value % 2 == 0 or value >> i:
                sys.exit(f"line {number}: m_{i} = {value} is not an odd number below {1 << i}")
            fields.append((value >> 1, i - 1))
        for value, bits in fields:
            stream |= value << length
            length += bits
            if length >= 64:
                chunks.append(stream & (1 << 64) - 1)
                stream >>= 64
                length -= 64
    if length:
        chunks.append(stream)
    return b"TWSOBOL1" + struct.pack(f"<{HIGHEST_DEGREE + len(chunks)}Q", *counts[1:], *chunks)


def main():
    source, target = sys.argv[1:]
    with open(source, "rb") as file:
        text = file.read()
    if hashlib.sha256(text).hexdigest() != PUBLISHED:
        sys.exit(f"{source}: not the published table")
    with open(target, "wb") as file:
        file.write(pack(text.decode("ascii")))


if __name__ == "__main__":
    main()
