"""What the simulated seller sells."""

import random
from dataclasses import dataclass

_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_BRANDS = ("Alder & Finch", "Northwick", "Opal Home", "Tindra", "Casa Ramírez", "Birch+Co", "Lumo")
_STYLES = ("Classic", "Compact", "Everyday", "Heavy-Duty", "Organic", "Slim", "Premium", "Travel")
_THINGS = (
    ("Espresso Cups, Set of 6", "CUP"),
    ("Bamboo Cutting Board 18 × 12 in", "BRD"),
    ("Café Filter Papers №4 (100 pcs)", "FLT"),
    ("Stainless Steel Water Bottle 750 ml", "BTL"),
    ("Vela Aromática – Jazmín", "CND"),
    ("Matcha Whisk 抹茶 Chasen", "WSK"),
    ("LED Desk Lamp with USB-C", "LMP"),
    ("Yoga Mat 6 mm, Non-Slip", "MAT"),
    ('Picture Frame 8" × 10"', "FRM"),
    ("Dog Leash – Réfléchissant", "LSH"),
    ("Linen Napkins (4 Pack)", "NPK"),
    ("Cast Iron Skillet 10 in", "SKL"),
    ("Kids’ Raincoat, Yellow", "RNC"),
    ("Bluetooth Keyboard ⌨ Quiet Keys", "KBD"),
)
_COLOURS = ("Black", "Blue", "Crème", "Forest Green", "Grün", "Red", "Sand", "White")


@dataclass(frozen=True, slots=True)
class Product:
    """One offer of the seller.

    Attributes:
        number: position in the catalogue, from 0.
        price: US cents.
    """

    number: int
    sku: str
    asin: str
    fnsku: str
    title: str
    price: int


def base36(rng: random.Random, length: int) -> str:
    """Random upper case letters and digits, as Amazon's ids are made of."""
    return "".join(rng.choices(_BASE36, k=length))


def make_catalogue(rng: random.Random, count: int, *, awkward_skus: bool) -> list[Product]:
    """Invent products, each with its own SKU, ASIN and FNSKU.

    Args:
        rng: decides everything but the number.
        count: how many.
        awkward_skus: also use SKUs in other scripts.
    """
    products: list[Product] = []
    asins: set[str] = set()
    while len(products) < count:
        asin = "B0" + base36(rng, 8)
        fnsku = "X00" + base36(rng, 7)
        if asin in asins or fnsku in asins:
            continue
        asins.update((asin, fnsku))
        number = len(products)
        thing, code = _THINGS[int(rng.random() * len(_THINGS))]
        brand = _BRANDS[int(rng.random() * len(_BRANDS))]
        style = _STYLES[int(rng.random() * len(_STYLES))]
        colour = _COLOURS[int(rng.random() * len(_COLOURS))]
        products.append(
            Product(
                number=number,
                sku=_sku(number, code, colour, awkward=awkward_skus),
                asin=asin,
                fnsku=fnsku,
                title=f"{brand} {style} {thing}, {colour}",
                price=int(rng.triangular(699, 8_999, 1_999)) // 100 * 100 + 99,
            )
        )
    return products


def _sku(number: int, code: str, colour: str, *, awkward: bool) -> str:
    """Sellers put anything into a SKU: commas, slashes, blanks, plus signs, other scripts."""
    if awkward and number % 12 == 5:
        return (f"CAFÉ-№{number:04d}", f"抹茶/{code},{number:04d}", f"Größe Ü {code}&{number:04d}")[
            number // 12 % 3
        ]
    if number % 25 == 7:
        return f"{code},{colour[:2].upper()},{number:04d}"
    if number % 25 == 13:
        return f"{code}/{number:04d}/A"
    if number % 25 == 19:
        return f"{code} {number:04d} 50%+1"
    return f"OP-{code}-{number:04d}"
