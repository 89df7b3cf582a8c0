"""Small statistics."""

import math
from statistics import median  # noqa: F401  of an even number the mean of the middle two


def percentile(values, percent):
    """Nearest rank."""
    ordered = sorted(values)
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def slope(points):
    """Least squares over (x, y): the slope and its 95 % interval, the residuals' autocorrelation allowed for."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    sxx = sum((x - mean_x) ** 2 for x, _ in points)
    if count < 8 or sxx == 0:
        return math.nan, (math.nan, math.nan)
    value = sum((x - mean_x) * (y - mean_y) for x, y in points) / sxx
    rest = [y - mean_y - value * (x - mean_x) for x, y in points]
    variance = sum(r * r for r in rest) / (count - 2)
    lag1 = sum(a * b for a, b in zip(rest, rest[1:])) / max(sum(r * r for r in rest), 1e-9)
    lag1 = min(max(lag1, 0), 0.99)
    error = math.sqrt(variance / sxx * (1 + lag1) / (1 - lag1))  # as many as count * (1 - r)/(1 + r) would say
    return value, (value - 2 * error, value + 2 * error)
