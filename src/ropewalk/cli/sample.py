"""The demo's sample: a small shop with a real bug, its tests, and four scripted ways to go about it."""

FILES = {
    "cart/__init__.py": '"""A small shop."""\n',
    "cart/pricing.py": '''"""Prices of a cart."""


def total(prices: list[float], coupon: int = 0) -> float:
    """What a cart costs with a coupon of so many percent."""
    full = sum(prices)
    if coupon > 50:
        return full
    return round(full * (100 - coupon) / 100, 2)


def shipping(amount: float) -> float:
    """Orders from 50 on are shipped for nothing."""
    return 0.0 if amount >= 50 else 4.9
''',
    "tests/__init__.py": "",
    "tests/test_pricing.py": """import unittest

from cart.pricing import shipping, total


class Pricing(unittest.TestCase):
    def test_without_a_coupon(self) -> None:
        self.assertEqual(total([20, 10]), 30)

    def test_small_coupon(self) -> None:
        self.assertEqual(total([100], 20), 80)

    def test_large_coupon(self) -> None:
        self.assertEqual(total([100], 60), 40)

    def test_cents(self) -> None:
        self.assertEqual(total([9.99], 10), 8.99)

    def test_shipping(self) -> None:
        self.assertEqual(shipping(50), 0)
        self.assertEqual(shipping(49.99), 4.9)
""",
    "run_tests.py": '''"""Runs the tests and writes a JUnit report, with nothing but the standard library."""

import sys
import unittest
from xml.sax.saxutils import quoteattr


class Report(unittest.TextTestResult):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.rows = []

    def row(self, test, inner=""):
        name = test.id().rsplit(".", 1)
        self.rows.append(f"<testcase classname={quoteattr(name[0])} name={quoteattr(name[1])}>{inner}</testcase>")

    def addSuccess(self, test):
        super().addSuccess(test)
        self.row(test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.row(test, f"<failure message={quoteattr(str(err[1])[:200])}/>")

    def addError(self, test, err):
        super().addError(test, err)
        self.row(test, f"<error message={quoteattr(str(err[1])[:200])}/>")


suite = unittest.defaultTestLoader.discover(".")
result = unittest.TextTestRunner(resultclass=Report).run(suite)
if len(sys.argv) > 1:
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(f"<testsuite>{''.join(result.rows)}</testsuite>")
sys.exit(not result.wasSuccessful())
''',
    "ropewalk.toml": """[checks.tests]
run = ["python3", "run_tests.py", "{report}"]
report = "junit"
tests = ["tests/**"]
config = ["run_tests.py"]
limit = "60s"
""",
    ".gitignore": "__pycache__/\n",
}

RIGHT = '''"""Prices of a cart."""


def total(prices: list[float], coupon: int = 0) -> float:
    """What a cart costs with a coupon of so many percent."""
    return round(sum(prices) * (100 - coupon) / 100, 2)


def shipping(amount: float) -> float:
    """Orders from 50 on are shipped for nothing."""
    return 0.0 if amount >= 50 else 4.9
'''

WRONG = RIGHT.replace("    return round(sum", "    coupon = min(coupon, 50)\n    return round(sum")

BREAKING = RIGHT.replace(
    "round(sum(prices) * (100 - coupon) / 100, 2)", "sum(prices) * (100 - coupon) // 100"
)

BRIEF = f"""The cart total ignores coupons over 50 %. Fix it and add a test.

```script
#1:
plan Read cart/pricing.py; Remove the limit; Add a test
say Reading cart/pricing.py.
sleep 0.6
write cart/pricing.py <<EOF
{RIGHT}EOF
sleep 0.4
write tests/test_coupon.py <<EOF
import unittest

from cart.pricing import total


class Coupon(unittest.TestCase):
    def test_whole_price(self) -> None:
        self.assertEqual(total([80], 100), 0)
EOF
say Let coupons over 50 % count, with a test
#2:
say The coupon is capped: 50 % at most.
sleep 0.8
write cart/pricing.py <<EOF
{WRONG}EOF
say Large coupons count as 50 % now.
#3:
say Simplifying the arithmetic on the way.
sleep 0.7
write cart/pricing.py <<EOF
{BREAKING}EOF
say Coupons over 50 % work, and the code is shorter.
#4:
say Let me think about this first.
hang
```
"""
