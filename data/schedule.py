#!/usr/bin/env python3
"""Writes data/network.csv, the demonstration network (a development tool).

    data/schedule.py OPTD_AIRLINE_POR_RCLD.csv[.gz] > data/network.csv

Which airline flies a route nonstop, how often and with how many seats follows OpenTravelData (CC BY 4.0), thinned to a
few flights a day; times of day and connections are made up, the same at every run.
"""
import csv
import gzip
import sys

AIRPORTS = {"DEL": "Delhi", "BOM": "Mumbai", "BLR": "Bangalore", "CCU": "Kolkata", "HYD": "Hyderabad", "MAA": "Chennai"}
# Name as the models know it, seats in economy and business; in sum the seats per flight of OpenTravelData.
AIRLINES = {"6E": ("Indigo", 178, 0), "AI": ("Air_India", 166, 12), "G8": ("GO_FIRST", 181, 0), "I5": ("AirAsia", 180, 0),
            "SG": ("SpiceJet", 157, 0), "UK": ("Vistara", 149, 8)}
FLYING_MINUTES = {"DEL-BOM": 130, "DEL-BLR": 165, "DEL-CCU": 140, "DEL-HYD": 135, "DEL-MAA": 170, "BOM-BLR": 105, "BOM-CCU": 165,
                  "BOM-HYD": 90, "BOM-MAA": 120, "BLR-CCU": 155, "BLR-HYD": 70, "BLR-MAA": 65, "CCU-HYD": 130, "CCU-MAA": 145,
                  "HYD-MAA": 75}
# Connecting flights on every route: airline, stops. With the nonstop ones they make at least nine.
CONNECTIONS = [("UK", 1), ("UK", 1), ("AI", 1), ("AI", 1), ("6E", 1), ("G8", 1), ("UK", 2), ("I5", 2)]
MONTHLY_FLIGHTS_SHOWN_AS_ONE, NONSTOP_MOST = 90, 4


class Draw:
    """A small generator of our own (an LCG), so that no version of Python moves a flight."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n


def flying(a, b):
    return FLYING_MINUTES.get(f"{a}-{b}") or FLYING_MINUTES[f"{b}-{a}"]


def frequencies(path):
    """{(origin, destination): {airline: flights a month}}"""
    routes = {(a, b): {} for a in AIRPORTS for b in AIRPORTS if a != b}
    opened = gzip.open(path, "rt") if path.endswith(".gz") else open(path, encoding="utf-8")
    with opened as file:
        for row in csv.DictReader(file, delimiter="^"):
            route = (row["apt_org"], row["apt_dst"])
            if route in routes and row["airline_code"] in AIRLINES:
                routes[route][row["airline_code"]] = float(row["freq_mtly_avg"])
    return routes


def connection_minutes(draw, a, b, stops):
    """Flying by way of other airports with one to five hours on the ground at each."""
    ways = [c for c in AIRPORTS if c not in (a, b)]
    stations = [a] + [ways.pop(draw.below(len(ways))) for _ in range(stops)] + [b]
    legs = sum(flying(x, y) for x, y in zip(stations, stations[1:]))
    return legs + sum(60 + 5 * draw.below(49) for _ in range(stops))


def departures(draw, n):
    """n times spread from 4:00 to midnight, on busy routes one of them after midnight, so that every part of the day is served."""
    late = [5 * draw.below(24)] if n >= 15 else []
    slot = 1200 / (n - len(late))
    return late + [int(240 + i * slot + draw.below(int(slot / 2))) // 5 * 5 for i in range(n - len(late))]


def flights(routes):
    draw, numbers = Draw(11), {code: 101 for code in AIRLINES}
    for (a, b), monthly in routes.items():
        nonstop = [(code, 0) for code, flown in sorted(monthly.items())
                   for _ in range(min(NONSTOP_MOST, max(1, round(flown / MONTHLY_FLIGHTS_SHOWN_AS_ONE))))]
        plan = nonstop + CONNECTIONS
        times = departures(draw, len(plan))
        for code, stops in plan:
            minutes = flying(a, b) + 5 * draw.below(4) if stops == 0 else connection_minutes(draw, a, b, stops)
            leaves = times.pop(draw.below(len(times)))
            _, economy, business = AIRLINES[code]
            yield f"flight,{code}-{numbers[code]},{code},{a},{b},{leaves // 60:02}:{leaves % 60:02},{minutes},{stops},1234567," \
                  f"{economy},{business}"
            numbers[code] += 2


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print("# The demonstration network, written by data/schedule.py. Who flies where, how often and with how many seats follows")
    print("# OpenTravelData (CC BY 4.0), thinned; times of day and connections are made up.")
    for code, city in AIRPORTS.items():
        print(f"airport,{code},{city},330")
    for code, (name, _, _) in AIRLINES.items():
        print(f"airline,{code},{name}")
    for line in flights(frequencies(sys.argv[1])):
        print(line)


if __name__ == "__main__":
    main()
