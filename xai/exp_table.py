#!/usr/bin/env python3
"""Writes xai/exp_table.h: the constants of qr_exp_fixed, as nearest 64-bit mantissas with binary exponents.

    xai/exp_table.py > xai/exp_table.h

Decimal arithmetic to 80 digits: nothing depends on the machine.
"""
from decimal import Decimal, getcontext

getcontext().prec = 80


def mantissa(value):
    """(m, e) with value = m * 2^e to the nearest and 2^63 <= m < 2^64."""
    exponent = 0
    while value >= 2**64:
        value, exponent = value / 2, exponent + 1
    while value < 2**63:
        value, exponent = value * 2, exponent - 1
    m = int(value.to_integral_value(rounding="ROUND_HALF_EVEN"))
    return (m, exponent) if m < 2**64 else (m // 2, exponent + 1)


def line(value):
    m, e = mantissa(value)
    return f"{{UINT64_C(0x{m:016x}), {e}}}"


print("/* Made by xai/exp_table.py: do not edit. */")
print(f"static const struct scaled exp_least = {line(Decimal(-16).exp())}; /* e^-16 */")
print("static const struct scaled exp_powers[30] = { /* e^(2^(j - 24)) */")
for j in range(30):
    print(f"    {line((Decimal(2) ** (j - 24)).exp())},")
print("};")
