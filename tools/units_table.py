"""Write ``data/units.json``: pint's factors for common units and for every unit in the shipped data.

``python tools/units_table.py`` writes it.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files

from sunfront.errors import UnitError
from sunfront.units import unit_from_pint

USUAL = """
1 % ppm m km mm cm um m^2 km^2 cm^2 m^3 kg t kt Mt g tonne lb s h hour min minute ms day d year yr week month Hz
W kW MW GW TW J kJ MJ kWh MWh GWh TWh K degC degF delta_degC rad deg degree Pa bar N mN kN V A
USD kUSD MUSD GUSD $ M$ k$ token Mtoken rad(Si) krad(Si) Gy
sfu min^2 day^2 m^4 N*m N*m*s kg*m^2 Gbit/s Mbit/s Tbit/s B GB
m/s km/s m/s^2 km/h m/s/year km^3/s^2 m^3/s^2 kg/m^2 kg/m^3 g/cm^3 g/m^2 W/m^2 kW/m^2 W/K K/W W/m/K W/kg kW/kg kW/t W/t
kg/kW kg/W g/W kW/m^3 W/m^3 m^3/kW W/kW Wh/kg kWh/kg W/m^2/K^4
1/m 1/s 1/h 1/day 1/month 1/year 1/yr %/year %/yr 1/K %/K MeV/g MeV/g/year J/kg rad(Si)/year krad(Si)/year
USD/kg USD/t kUSD/t USD/W USD/kW USD/MW USD/kWh USD/MWh USD/J USD/s
USD/year MUSD/year USD/kW/year USD/h USD/hour USD/Mtoken USD/token
Tflop/s Pflop/s Eflop/s USD/Eflop USD/Pflop
launches/year launches/month token/s token/J Mtoken/s kg/year t/year 1/m^2/year 1/m^2/s
"""


def main() -> None:
    known: set[str] = set(USUAL.split())
    for folder in ("parameters", "architectures", "presets"):
        for file in files("sunfront.data").joinpath(folder).iterdir():
            known.update(re.findall(r"unit: ([^,}\s]+)", file.read_text("utf-8")))
    entries = []
    for text in sorted(known):
        try:
            u = unit_from_pint(text)
        except UnitError:
            continue  # not a unit, such as a word in prose; it fails where it is used
        entries.append(f"{json.dumps(text)}: {json.dumps([u.dimension, u.factor, u.offset])}")
    target = files("sunfront.data").joinpath("units.json")
    target.write_text("{\n" + ",\n".join(entries) + "\n}\n", "utf-8")  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
