"""Coefficients and tables of the family powers, as its recipes give them.

`ERRORS` holds the proved bound of the relative error of each polynomial as it stands here.
"""

from __future__ import annotations

# 2**(-j/3) for j = 0, 1, 2
CUBE_ROOT_STEPS = (
    1.0,
    0.7937005259840998,
    0.6299605249474366,
    0.0,
    0.0,
    0.0,
    0.0,
    0.0,
)

# log(1 + r) = r - r**2/2 + r**3 P(r) for -1/34 <= r <= 1/32, for powers; relative error 2.24e-21
LOG_CUBIC = (
    0.3333333333333333,
    -0.24999999999999398,
    0.20000000000025386,
    -0.16666666672058808,
    0.14285714185668616,
    -0.12499983979917455,
    0.11111257321806708,
    -0.10019456747321767,
    0.09025907307844597,
)

# log(1 + r) = r + r**2 P(r) for -1/34 <= r <= 1/32, for powers in single precision; relative
# error 4.27e-12
LOG_SHORT = (
    -0.4999999999107281,
    0.3333332820195414,
    -0.2500005950754978,
    0.2001813187379974,
    -0.16606665991648153,
)

# x**(-1/3) for 1 <= x <= 2, the start of a cube root; relative error 5.78e-06
INVERSE_CUBE_ROOT = (
    1.7810576998577676,
    -1.5660287133859263,
    1.2437854828863064,
    -0.5978726954601267,
    0.15607149699568576,
    -0.017019019678452377,
)

# x**(-1/3) for 1 <= x <= 2, in single precision; relative error 0.000254
INVERSE_CUBE_ROOT_SINGLE = (
    1.5418870449066162,
    -0.8099603652954102,
    0.31775712966918945,
    -0.04993689805269241,
)

ERRORS = {
    "LOG_CUBIC": 2.24e-21,
    "LOG_SHORT": 4.27e-12,
    "INVERSE_CUBE_ROOT": 5.78e-06,
    "INVERSE_CUBE_ROOT_SINGLE": 0.000254,
}
