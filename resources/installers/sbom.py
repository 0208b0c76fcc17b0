"""Writes what a package holds as CycloneDX 1.6 (JSON), out of the package's licences.json.

python resources/installers/sbom.py --licences licences.json --out NAME.cdx.json
"""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from opside_desktop import __version__
from opside_desktop.about.licences import PROGRAM, Held, read_components
from opside_desktop.about.licences import Component as Part


def main() -> int:
    """Write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--licences", type=Path, required=True, help="the package's list of parts")
    parser.add_argument("--out", type=Path, required=True, help="where to write")
    words = parser.parse_args()
    parts = read_components(words.licences)
    words.out.write_text(JsonV1Dot6(bill(parts)).output_as_string(indent=1) + "\n", "utf-8")
    print(f"{words.out}: {len(parts)} parts.")
    return 0


def bill(parts: list[Part]) -> Bom:
    """Make the bill of materials; the program is what it is about. The same parts, the same."""
    made = Bom()
    # The day of the source, where the build says so: building again gives the same file.
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    made.metadata.timestamp = (
        datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    )
    names = "\n".join(f"{each.name} {each.version}" for each in parts)
    made.serial_number = uuid5(NAMESPACE_URL, f"{PROGRAM} {__version__}\n{names}")
    program = Component(
        name=PROGRAM,
        version=__version__,
        type=ComponentType.APPLICATION,
        bom_ref=PROGRAM,
        licenses=[LicenseFactory().make_with_id("MIT")],
    )
    made.metadata.component = program
    found = [component(each) for each in parts if each.name != PROGRAM]
    made.components.update(found)
    made.register_dependency(program, found)
    return made


def component(part: Part) -> Component:
    """Describe one part."""
    links = []
    if part.home.startswith(("https://", "http://")):
        links.append(ExternalReference(type=ExternalReferenceType.WEBSITE, url=XsUri(part.home)))
    return Component(
        name=part.name,
        version=part.version,
        type=ComponentType.LIBRARY,
        bom_ref=part.purl or f"{part.name}@{part.version}",
        purl=PackageURL.from_string(part.purl) if part.purl else None,
        # An expression of known names, or words.
        licenses=[LicenseFactory().make_from_string(part.licence)],
        external_references=links,
        components=[held(part, each) for each in part.holds],
    )


def held(part: Part, each: Held) -> Component:
    """Describe what was built into a part; two may hold the same."""
    return Component(
        name=each.name,
        version=each.version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{part.name}: {each.purl or f'{each.name}@{each.version}'}",
        purl=PackageURL.from_string(each.purl) if each.purl else None,
        licenses=[LicenseFactory().make_from_string(each.licence)],
    )


if __name__ == "__main__":
    sys.exit(main())
