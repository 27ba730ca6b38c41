"""The Taylor polynomials of the exponential, as sums that need few products of matrices."""

from __future__ import annotations

import math
from collections.abc import Mapping

__all__ = ["BLOCKS", "EIGHTEEN", "INVERSE_FACTORIALS", "NINTH", "STEP", "THETA", "THETA_EIGHTEEN"]

# Degree 20 by powers up to the fourth and five blocks: 7 products.
STEP, BLOCKS = 4, 5

# The largest norm for which the backward error of a degree stays below 2**-53: the largest x with
# sum |c_k| x**(k-1) <= 2**-53, c_k the coefficients of log(exp(-x) T(x)).
THETA = 1.4382
THETA_EIGHTEEN = 1.0908

# Degree 18 in 5 products: A6 = A3 A3; each row is a combination of I, A, A2, A3, A6;
# A9 = B1 B5 + B4 and T18 = B2 + NINTH A9 + (B3 + A9) A9. From Bader, Blanes and Casas, "Computing
# the matrix exponential with an optimized Taylor polynomial approximation", Mathematics 7 (2019)
# 1174, refined to 40 digits. There B3 and B4 have multiples of I; here these parts of the product
# are in B2 and NINTH, since sums of small numbers beside a large one lose digits.
EIGHTEEN: Mapping[str, tuple[float, ...]] = {
    "B1": (
        0.0,
        -0.1003655810301446200160630680856820941647,
        -0.008029246482411569601285045446854567533175,
        -0.0008921384980457299556983383829838408370194,
        0.0,
    ),
    "B2": (
        1.0,
        0.2459102209011086376415832572690105855951,
        1.362667083208190483039958245421930456104,
        0.4989210256916942726659190926351820448003,
        -0.000640927430058536638793648942420000299151,
    ),
    "B3": (
        0.0,
        1.680158138789061971827854017248105095279,
        0.05717798464788655127028717132252481317275,
        -0.00698210122488052084290466483801553166439,
        0.00003349750170860705383133673406684398020226,
    ),
    "B4": (
        0.0,
        -0.06764045190713819075600799003797074854563,
        0.06759613017704596460827991950789370565071,
        0.02955525704293155274260691822422312437473,
        -0.00001391802575160607011247399793437424028074,
    ),
    "B5": (
        0.0,
        0.0,
        -0.09233646193671185927512479729045274966449,
        -0.0169364939002081717188941428127128872768344,
        -0.00001400867981820361597923419579229716859752,
    ),
}

NINTH = -11.14850297177436837174604004294051115862

INVERSE_FACTORIALS = tuple(1.0 / math.factorial(k) for k in range(60))
