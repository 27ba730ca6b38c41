"""The law of the place of the largest of several scores with noise: softmax is not the only one.

Gumbel noise gives softmax; exponential noise has a closed form as well, a polynomial in the
exponentials of the gaps, and two alternatives have one for many noises. The article's grid for
normal noise does not sum to 1. Source: Su Jianlin, kexue.fm, 从重参数的角度看离散概率分布的构建.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

import symnum as sn
from symnum.algebra import NormalFrame
from symnum.smoothing import NormalCdf, perturbed_argmax

NAMES = ["mu1", "mu2", "mu3"]
RANGES = dict.fromkeys(NAMES, (-3.0, 3.0))
TAILS = tuple(
    dict(zip(NAMES, values, strict=True))
    for values in (
        (1.0, 1.0, 1.0),
        (2.0, 2.0, -1.0),
        (50.0, 0.0, 0.0),
        (0.0, 50.0, 50.0),
        (1e-5, 0.0, 0.0),
        (0.0, 1e-17, -1e-17),
        (-700.0, 0.0, 1.0),
    )
)
GRID, GRID_SCORES = 64, ("0.3", "-0.2", "1.1", "0.6")
SCORES = tuple(map(float, GRID_SCORES))

MU = sp.symbols(NAMES)
W = sp.symbols("w1:5")
G, P = sp.symbols("g1:4"), sp.symbols("e1:3")
e, z, u, c, d_, s, h, a = sp.symbols("e z u c d s h a")
k, K = sp.symbols("k K", integer=True, positive=True)


def derive() -> sn.Derivation:
    """Prove the closed forms, the gradient, and that the article's grid misses."""
    reals, positive = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, sp.oo, left_open=True)
    d = sn.Derivation(
        "discrete_reparameterization",
        title="Discrete distributions by reparameterization / 从重参数的角度看离散概率分布的构建",
        source="Su Jianlin, kexue.fm: 从重参数的角度看离散概率分布的构建",
        domain={
            **dict.fromkeys((*MU, *P, e, z, c, s), reals),
            **dict.fromkeys((*G, h), sn.Interval(0, sp.oo)),
            **dict.fromkeys(W, sn.Interval(0, 1)),
            d_: positive,
            K: sn.Integers(1, sp.oo),
            a: sn.Interval(1, sp.oo, left_open=True),
            u: sn.Interval(0, 1, left_open=True, right_open=True),
        },
    )
    _law(d)
    _gumbel(d)
    _exponential(d)
    _normal(d)
    _logistic(d)
    _gradient(d)
    _grid(d)
    _result(d)
    return d


def phi(x: Any) -> sp.Expr:
    """Return the normal density as an expression."""
    return sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)


def _others(i: int, values: Any = MU) -> list[Any]:
    return [value for j, value in enumerate(values) if j != i]


def _integrand(i: int) -> sp.Expr:
    return phi(e) * sp.Mul(*(NormalCdf(MU[i] - m + e) for m in _others(i)))


def _law(d: sn.Derivation) -> None:
    d.equal(
        sp.Derivative(NormalCdf(e), e),
        phi(e),
        why="with the noise e of alternative i given, alternative j is below it with probability "
        "Phi(mu_i - mu_j + e), the integral of the density; the noises are independent, so "
        "p_i = int phi(e) prod_{j != i} Phi(mu_i - mu_j + e) de, and with u = Phi(e)",
    )
    d.limit(NormalCdf(e), e, -sp.oo, 0, why="which runs from 0")
    d.limit(
        NormalCdf(e),
        e,
        sp.oo,
        1,
        why="to 1: p_i = int_0^1 prod_{j != i} Phi(mu_i - mu_j + Phi^-1(u)) du",
    )
    shifted = {m: m + c for m in MU}
    d.equal(
        [_integrand(i).xreplace(shifted) for i in range(3)],
        [_integrand(i) for i in range(3)],
        why="a common shift of all scores changes nothing",
    )
    rise = (
        phi(e + h) * NormalCdf(e + h + s)
        + phi(e + h + s) * NormalCdf(e + h)
        + phi(e - h) * NormalCdf(e + s)
    )
    d.equal(
        sp.Derivative(
            NormalCdf(e + h) * NormalCdf(e + h + s) - NormalCdf(e - h) * NormalCdf(e + s), h
        ),
        rise,
        why="a lead h = mu_i - mu_j >= 0: at the same u = Phi(e) the integrand of p_i less that of "
        "p_j is 0 for h = 0 and has this slope; s is mu_j less a third score",
    )
    d.less_equal(
        [0, 0],
        [phi(e), NormalCdf(e)],
        why="which is not negative: p_i >= p_j where mu_i >= mu_j, the order is kept",
    )
    product = sp.Mul(*(NormalCdf(z - m) for m in MU))
    d.equal(
        sp.Add(*(_integrand(i).subs(e, z - MU[i]) for i in range(3))),
        sp.Derivative(product, z),
        why="with z = mu_i + e the integrands add up to the slope of prod Phi(z - mu_j), which "
        "goes from 0 to 1: the probabilities sum to 1",
    )


def _gumbel(d: sn.Derivation) -> None:
    density, distribution = sp.exp(-e - sp.exp(-e)), sp.exp(-sp.exp(-e))
    d.equal(sp.Derivative(distribution, e), density, why="the Gumbel distribution")
    share = sp.exp(MU[0]) / sp.Add(*map(sp.exp, MU))
    d.equal(
        sp.Derivative(share * sp.exp(-sp.exp(-e) / share), e),
        density * sp.Mul(*(distribution.subs(e, MU[0] - m + e) for m in MU[1:])),
        why="Gumbel noise: the integrand has this antiderivative, which goes from 0",
    )
    d.limit(
        share * sp.exp(-sp.exp(-e) / share),
        e,
        sp.oo,
        share,
        why="to softmax: p_1 = e^mu_1/sum e^mu_j",
    )


def subset_sum(weight: sp.Expr, others: Any) -> sp.Expr:
    """Return w sum_S (-1)^|S| prod_S w_j/(|S| + 1) over all sets S of the others."""
    return weight * sp.Add(
        *(
            sp.Rational((-1) ** size, size + 1) * sp.Mul(*chosen)
            for size in range(len(others) + 1)
            for chosen in combinations(others, size)
        )
    )


def positive_sum(weight: sp.Expr, others: Any) -> sp.Expr:
    """Return the same with terms of one sign, products of 1 - w_j."""
    count = len(others)
    return weight * sp.Add(
        *(
            sp.Rational(1, (count + 1) * sp.binomial(count, size))
            * sp.Mul(*(1 - other for other in chosen))
            for size in range(count + 1)
            for chosen in combinations(others, size)
        )
    )


def _exponential(d: sn.Derivation) -> None:
    d.equal(
        sp.Integral(sp.exp(-s), (s, 0, G[1] + h)),
        1 - sp.exp(-(G[1] + h)),
        why="exponential noise e >= 0, g_i = max mu - mu_i: alternative i leads with e = g_i + h, "
        "and j is below it with probability 1 - e^-(g_j + h)",
    )
    product = sp.Mul(*(1 - sp.exp(-g) * u for g in G[1:]))
    d.equal(
        sp.exp(-(G[0] + h)) * sp.Mul(*(1 - sp.exp(-(g + h)) for g in G[1:])),
        sp.exp(-G[0]) * product.subs(u, sp.exp(-h)) * sp.exp(-h),
        why="so p_1 = e^-g_1 int_0^1 prod (1 - u e^-g_j) du, with u = e^-h and -du = e^-h dh",
    )
    first, *others = W
    d.equal(
        first * sp.Integral(sp.Mul(*(1 - u * w for w in others)), (u, 0, 1)),
        subset_sum(first, others),
        why="with u = e^-h and w = e^-g: w_i int_0^1 prod (1 - u w_j) du = w_i sum_S (-1)^|S| "
        "prod_S w_j/(|S| + 1), here for four alternatives; a second closed form, which the "
        "article did not find",
    )
    d.equal(
        (1 - P[0] * u + P[1] * u**2) * (1 - u * W[0]),
        1 - (P[0] + W[0]) * u + (P[1] + W[0] * P[0]) * u**2 - W[0] * P[1] * u**3,
        why="the sum over subsets takes a number of operations that grows like n^2: each factor "
        "changes the coefficients by e_k <- e_k + w e_(k-1)",
    )
    d.equal(
        subset_sum(first, others),
        positive_sum(first, others),
        why="with terms of one sign, for kernels: 1 - u w = (1 - u) + u (1 - w), and "
        "int u^k (1 - u)^(m - k) du = 1/((m + 1) binomial(m, k))",
    )
    d.equal(
        sp.Add(*(subset_sum(w, _others(i, W)) for i, w in enumerate(W))),
        1 - sp.Mul(*(1 - w for w in W)),
        why="the sum over all i is 1: the largest score has w = 1",
    )
    d.equal(
        subset_sum(W[0], W[1:3]) - subset_sum(W[1], [W[0], W[2]]),
        (W[0] - W[1]) * (1 - W[2] / 2),
        why="the larger score has the larger probability, here for three alternatives",
    )
    pair = [sp.exp(-d_), sp.Integer(1)]
    d.refute(
        sp.Eq(subset_sum(pair[0], pair[1:]), pair[0] / sum(pair), evaluate=False),
        at={d_: 1},
        why="and it is not softmax: with the gap 1 the smaller one of two scores has e^-1/2",
    )


def _normal(d: sn.Derivation) -> None:
    frame = NormalFrame.of(["e1", "e2"])
    difference = frame.noise("e2") - frame.noise("e1")
    d.equal(
        [difference.mean, difference.variance],
        [0, 2],
        why="two alternatives with normal noise: the first leads if e2 - e1 < mu_1 - mu_2, a "
        "normal variable with variance 2",
    )
    slope = phi(s / sp.sqrt(2)) / sp.sqrt(2)
    d.equal(
        [
            sp.Derivative(slope * NormalCdf(sp.sqrt(2) * (e + s / 2)), e),
            sp.Derivative(NormalCdf(s / sp.sqrt(2)), s),
        ],
        [phi(e) * phi(e + s), slope],
        why="the same from the integral, s = mu_1 - mu_2: int phi(e) Phi(e + s) de has the slope "
        "int phi(e) phi(e + s) de, by this antiderivative that of Phi(s/sqrt 2)",
    )
    d.equal(
        [phi(e) * NormalCdf(e), NormalCdf(0)],
        [sp.Derivative(NormalCdf(e) ** 2 / 2, e), sp.Rational(1, 2)],
        why="and at s = 0 the same value, 1/2",
    )


def logistic_pair(gap: Any) -> sp.Expr:
    """Return e^d (e^d - 1 - d)/(e^d - 1)^2 for a difference d of two scores."""
    power = sp.exp(gap)
    return power * (power - 1 - gap) / (power - 1) ** 2


def _logistic(d: sn.Derivation) -> None:
    d.equal(
        1 / (1 + sp.exp(-(d_ + sp.log(u / (1 - u))))),
        u * sp.exp(d_) / (1 + u * (sp.exp(d_) - 1)),
        why="two alternatives with logistic noise: the integrand at the quantile log(u/(1 - u))",
    )
    antiderivative = a * (u * (a - 1) - sp.log(1 + u * (a - 1))) / (a - 1) ** 2
    d.equal(
        [sp.Derivative(antiderivative, u), antiderivative.subs({u: 1, a: sp.exp(d_)})],
        [u * a / (1 + u * (a - 1)), logistic_pair(d_)],
        why="its antiderivative, a = e^d with d = mu_1 - mu_2 > 0, is 0 at u = 0 and at u = 1 the "
        "probability e^d (e^d - 1 - d)/(e^d - 1)^2",
    )
    d.equal(
        logistic_pair(d_) + logistic_pair(-d_),
        1,
        why="and with d < 0 the same formula, as both probabilities sum to 1",
    )
    d.series(
        logistic_pair(d_),
        d_,
        5,
        sp.Rational(1, 2) + d_ / 6 - d_**3 / 180,
        why="at d = 0, where numerator and denominator vanish twice, the value is 1/2",
    )
    (share, _) = perturbed_argmax([d_, 0], "logistic").expr
    d.equal(
        logistic_pair(d_), share, why="the same function with its removable singularity filled in"
    )


def _gradient(d: sn.Derivation) -> None:
    first = _integrand(0)
    d.equal(
        [sp.Derivative(first, m) for m in MU[1:]],
        [
            -phi(e) * phi(MU[0] - m + e) * NormalCdf(MU[0] - other + e)
            for m, other in zip(MU[1:], MU[:0:-1], strict=True)
        ],
        why="dp_1/dmu_j = -int phi(e) phi(mu_1 - mu_j + e) prod Phi(mu_1 - mu_k + e) de",
    )
    d.equal(
        sp.diff(first, MU[1]).subs(e, z - MU[0]),
        sp.diff(_integrand(1), MU[0]).subs(e, z - MU[1]),
        why="symmetric: with z = mu_i + e the integrands of dp_1/dmu_2 and dp_2/dmu_1 agree",
    )
    d.equal(
        sp.Add(*(sp.Derivative(first, m) for m in MU)), 0, why="the rows of the Jacobian sum to 0"
    )
    d.equal(
        [sp.Derivative(-sp.Mul(*(NormalCdf(z - m) for m in MU)), m) for m in MU],
        [_integrand(i).subs(e, z - m) for i, m in enumerate(MU)],
        why="p is the gradient of E max(mu + noise) = c + int_c^oo (1 - F) dz - int_-oo^c F dz, "
        "F = prod Phi(z - mu_j), as -dF/dmu_i is the integrand of p_i",
    )
    weights = W[:3]
    excess = sp.integrate(sp.expand((1 - sp.Mul(*(1 - u * w for w in weights))) / u), (u, 0, 1))
    d.equal(
        [w * sp.Derivative(excess, w) for w in weights],
        [subset_sum(w, _others(i, weights)) for i, w in enumerate(weights)],
        why="exponential noise: E max exceeds max mu by int_0^1 (1 - prod (1 - u w_j))/u du, a "
        "polynomial whose slopes in mu_i = log w_i are the p_i",
    )


def _grid(d: sn.Derivation) -> None:
    ties = sp.Sum(3 * (k / (K + 1)) ** 2, (k, 1, K)) / K
    d.equal(
        ties - 1,
        -1 / (2 * (K + 1)),
        why="the article's grid, the mean of prod Phi(mu_i - mu_j + Phi^-1(k/(K + 1))) over k: for "
        "three equal scores its sum misses 1 by 1/(2 (K + 1)), so its order is 1/K",
    )
    d.refute(
        sp.Eq(ties, 1, evaluate=False),
        at={K: GRID},
        why="its values are no distribution: for K = 64 their sum is 129/130",
    )
    scores = [sp.Rational(text) for text in GRID_SCORES]
    quantile = sp.sqrt(2) * sp.erfinv(2 * k / sp.Integer(GRID + 1) - 1)
    shares = (
        sp.Mul(*(NormalCdf(one - other + quantile) for other in _others(i, scores)))
        for i, one in enumerate(scores)
    )
    d.solve(
        sp.Sum(sp.Add(*shares) - 1 - s, (k, 1, GRID)) / GRID,
        s,
        near=sp.Rational(-145, 10_000),
        why=f"for the scores {', '.join(GRID_SCORES)} and K = {GRID} it misses 1 by s, where the "
        "mean over k of the sum over i is 1 + s",
        name="grid_sum_defect",
    )


def _result(d: sn.Derivation) -> None:
    top = sp.Max(*MU)
    weights = [sp.exp(m - top) for m in MU]
    shares = {f"p{i + 1}": positive_sum(weights[i], _others(i, weights)) for i in range(3)}
    d.equal(
        [subset_sum(weights[i], _others(i, weights)) for i in range(3)],
        list(shares.values()),
        why="the probabilities of three alternatives with exponential noise, free of cancellation",
    )
    gap = MU[0] - MU[1]
    (logistic, _) = perturbed_argmax(list(MU[:2]), "logistic").expr
    d.define("logistic", logistic, why="two alternatives with logistic noise")
    tail = sp.erfc(sp.Abs(gap) / 2) / 2
    normal = sp.Piecewise((tail, gap < 0), (1 - tail, True))
    d.equal(
        NormalCdf(gap / sp.sqrt(2)),
        normal,
        why="two alternatives with normal noise, small probabilities to all digits",
    )
    pairs = {"logistic2": logistic, "normal2": normal}
    d.result(shares | pairs, args=NAMES)


def exponential_shares(mu: ArrayLike) -> NDArray[np.float64]:
    """Return the probabilities with exponential noise for one row of any number of scores."""
    gaps = np.max(mu) - np.asarray(mu, dtype=np.float64)
    shares: NDArray[np.float64] = np.exp(-gaps)
    for i in range(gaps.size):
        # The means of all products of m of the numbers 1 - w_j, one number after the other.
        means = np.ones(1)
        for size, other in enumerate(-np.expm1(-np.delete(gaps, i)), 1):
            taken = np.arange(size + 1) / size
            means = (1 - taken) * np.append(means, 0) + taken * other * np.insert(means, 0, 0)
        shares[i] *= means.mean()
    return shares


def _mean_of_products(mu: ArrayLike, nodes: Any, weights: Any) -> NDArray[np.float64]:
    """Return sum_k weight_k prod_{j != i} Phi(mu_i - mu_j + node_k) for each i."""
    scores = np.asarray(mu, dtype=np.float64)
    factors = ndtr(scores[:, None, None] - scores[:, None] + np.asarray(nodes))
    factors[np.diag_indices(scores.size)] = 1.0
    return np.asarray(factors.prod(axis=1) @ np.asarray(weights))


def grid_shares(mu: ArrayLike, points: int) -> NDArray[np.float64]:
    """Return the article's values for normal noise, the mean over the quantiles k/(K + 1)."""
    nodes = ndtri(np.arange(1, points + 1) / (points + 1))
    return _mean_of_products(mu, nodes, np.full(points, 1 / points))


def hermite_shares(mu: ArrayLike, points: int = 64) -> NDArray[np.float64]:
    """Return the probabilities with normal noise by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite.hermgauss(points)
    return _mean_of_products(mu, np.sqrt(2) * nodes, weights / np.sqrt(np.pi))


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Measure the grid, the quadrature and the closed form, the last against a simulation."""
    exact = perturbed_argmax(SCORES, "gaussian")
    lines = []
    for points in (GRID, 4 * GRID, 16 * GRID):
        defect = points * (grid_shares(SCORES, points).sum() - 1)
        lines.append((f"sum of the grid values less 1, K = {points}, times K", f"{defect:.4f}"))
    for points in (16, 32, 64):
        error = np.max(np.abs(hermite_shares(SCORES, points) - exact))
        lines.append((f"error of Gauss-Hermite quadrature, {points} nodes", f"{error:.1e}"))
    draws, shares = 200_000, exponential_shares(SCORES)
    noise = np.random.default_rng(0).exponential(size=(draws, len(SCORES)))
    counts = np.bincount(np.argmax(noise + SCORES, axis=1), minlength=len(SCORES))
    worst = np.max(np.abs(counts - draws * shares) / np.sqrt(draws * shares * (1 - shares)))
    lines.append((f"exponential noise, {draws} draws, deviation", f"{worst:.2f} standard errors"))
    return lines


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the probabilities for five noises, and the errors of grid and quadrature."""
    left, right = figure.subplots(1, 2)
    ranked, places = sorted(SCORES, reverse=True), np.arange(4)
    for turn, noise in enumerate(("gumbel", "exponential", "gaussian", "logistic", "laplace")):
        name = "gumbel (softmax)" if noise == "gumbel" else noise
        left.bar(places + 0.16 * (turn - 2), perturbed_argmax(ranked, noise), 0.16, label=name)
    left.set(xticks=places, xticklabels=ranked, xlabel="score", ylabel="probability")
    left.set_title("five noises", fontsize=10)
    exact = perturbed_argmax(SCORES, "gaussian")
    sizes = np.array([4, 8, 16, 32, 64, 128, 256, 512])
    for name, rule, most in (("grid", grid_shares, 512), ("Gauss-Hermite", hermite_shares, 64)):
        chosen = sizes[sizes <= most]
        errors = [np.max(np.abs(rule(SCORES, int(size)) - exact)) for size in chosen]
        right.loglog(chosen, np.maximum(errors, 1e-17), "o-", label=name)
    right.loglog(sizes, 0.3 / sizes, "k:", linewidth=0.8, label="slope -1")
    right.set(xlabel="number of points", ylabel="largest error")
    right.set_title("normal noise: the grid against quadrature", fontsize=10)
    for axes in (left, right):
        axes.grid(visible=True, alpha=0.25)
        axes.legend(fontsize=8)
