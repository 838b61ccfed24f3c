#!/usr/bin/env python3
"""Fits data/fare_tables.h, the tables of the fare generator, to a file of real fares (a development tool).

    data/fit.py FARES.csv[.gz] > data/fare_tables.h                         first tables, without calibration
    data/fit.py FARES.csv[.gz] --calibrate build/faregen > fare_tables.h    corrects the tables faregen was built with

Columns as in the Kaggle set "Flight Price Prediction". Run the second form two or three times, rebuilding between.
What is fitted: main effects by least squares on log fare; multipliers by days left within itineraries; the curve from the
additive score to log fare, by quantiles, so that each class has the distribution of the real one.
"""
import argparse
import io
import re
import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd

AIRLINES = ["SpiceJet", "AirAsia", "Vistara", "GO_FIRST", "Indigo", "Air_India"]
CITIES = {"Delhi": "DEL", "Mumbai": "BOM", "Bangalore": "BLR", "Kolkata": "CCU", "Hyderabad": "HYD", "Chennai": "MAA"}
CODES = list(CITIES.values())
PAIRS = [(a, b) for i, a in enumerate(CODES) for b in CODES[i + 1:]]
PARTS = ["early_morning", "morning", "afternoon", "evening", "night", "late_night"]
STOPS = ["zero", "one", "two_or_more"]
KNOTS = np.array([3.0, 5, 8, 12, 18, 26, 50])
CURVE = np.concatenate([[0.0005, 0.005, 0.02], np.linspace(0.05, 0.95, 19), [0.98, 0.995, 0.9995]])
BRACKETS = [3, 10, 17]
CLASSES = ["Economy", "Business"]


def read_real(path):
    rows = pd.read_csv(path, index_col=0)
    source, target = rows.source_city.map(CITIES), rows.destination_city.map(CITIES)
    order = {pair: i for i, pair in enumerate(PAIRS)}
    rows["pair"] = [order[(a, b) if (a, b) in order else (b, a)] for a, b in zip(source, target)]
    rows["stop"] = rows.stops.map(STOPS.index)
    rows["part"] = rows.departure_time.str.lower().map(PARTS.index)
    rows["line"] = rows.airline.map(AIRLINES.index)
    key = ["class", "flight", "source_city", "destination_city", "departure_time", "arrival_time", "stops", "duration"]
    rows["itinerary"] = rows.groupby(key).ngroup()
    rows["log"] = np.log(rows.price)
    return rows


def day_effects(rows):
    """log multiplier by days left (1 to 49; 0 = mean of 30 to 49) within itineraries, and the deviation around it."""
    effect, log, days = np.zeros(50), rows.log.to_numpy(), rows.days_left.to_numpy()
    for _ in range(100):
        level = pd.Series(log - effect[days], index=rows.index).groupby(rows.itinerary).transform("mean").to_numpy()
        effect[1:] = pd.Series(log - level).groupby(days).mean().reindex(range(1, 50)).to_numpy()
        effect -= effect[30:].mean()
    return effect[1:], (log - level - effect[days]).std()


def hats(hours):
    """Piecewise linear basis on KNOTS."""
    return np.array([np.interp(hours, KNOTS, row) for row in np.eye(len(KNOTS))]).T


def main_effects(rows, days):
    """Least squares on dummies."""
    connecting = (rows.stop > 0).to_numpy()
    late = np.digitize(rows.days_left, BRACKETS)
    blocks = [np.ones((len(rows), 1)), np.eye(18)[3 * rows.line + rows.stop], np.eye(30)[2 * rows.pair + connecting],
              np.eye(6)[rows.part], hats(rows.duration) * connecting[:, None], np.eye(24)[4 * rows.line + late]]
    design = np.hstack(blocks)
    ridge = 1e-6 * len(rows)  # only settles which effect takes up a constant
    target = rows.log.to_numpy() - days[rows.days_left.to_numpy() - 1]
    weights = np.linalg.solve(design.T @ design + ridge * np.eye(design.shape[1]), design.T @ target)
    residual = target - design @ weights
    ends = np.cumsum([block.shape[1] for block in blocks])
    parts = np.split(weights, ends[:-1])
    itinerary = pd.Series(residual).groupby(rows.itinerary.to_numpy()).transform("mean").std()
    return parts, itinerary


def shares(values, n):
    counts = np.bincount(values, minlength=n)
    return counts / counts.sum()


def fit_class(rows):
    days, noise = day_effects(rows)
    (base, airline, pair, part, duration, late), itinerary = main_effects(rows, days)
    return {
        "base": base[0], "airline": airline.reshape(6, 3), "pair": pair.reshape(15, 2), "late": late.reshape(6, 4), "departure": part,
        "duration": duration, "days": days,
        "itinerary_deviation": itinerary, "noise_deviation": noise * 0.98,
        "seen": len(rows) / rows.itinerary.nunique() / 49 * 1.06,
        "ladder_step": 1.12 if rows["class"].iloc[0] == "Economy" else 1.03,
        "least": rows.price.min(), "most": rows.price.max(),
        "curve_raw": np.quantile(rows.log, CURVE), "curve_log": np.quantile(rows.log, CURVE),
        "airline_weight": shares(rows.line, 6), "pair_weight": shares(rows.pair, 15), "departure_weight": shares(rows.part, 6),
        "stops_weight": [shares(rows.stop[rows.line == i], 3) if (rows.line == i).any() else np.array([1.0, 0, 0]) for i in range(6)],
    }


def read_tables(path):
    """The fields that calibration changes, from the tables in force."""
    text = open(path, encoding="utf-8").read()

    def field(name, pattern):
        return [np.array(found.split(","), float) for found in re.findall(r"\.%s = %s" % (name, pattern), text)]

    fields = {name: field(name, r"\{([^}]*)\}") for name in ["days", "curve_raw", "curve_log"]}
    fields["noise_deviation"] = field("noise_deviation", r"([0-9.]+),")
    return [{name: values[i] for name, values in fields.items()} for i in range(2)]


def calibrate(fitted, real, faregen, tables):
    output = subprocess.run([faregen, "--rows", "400000", "--seed", "7"], check=True, capture_output=True).stdout
    made = pd.read_csv(io.BytesIO(output))
    made["log"] = np.log(made.price)
    for fit, old, name in zip(fitted, tables, CLASSES):
        rows = made[made.cabin == name.lower()]
        effects, noise = day_effects(rows)
        fit["days"] = old["days"] + fit["days"] - effects
        wanted = fit["noise_deviation"] / 0.98
        fit["noise_deviation"] = old["noise_deviation"][0] * wanted / noise
        made_at = np.quantile(rows.log, CURVE)
        fit["curve_raw"] = np.interp(made_at, old["curve_log"], old["curve_raw"])
        fit["curve_log"] = np.quantile(real[real["class"] == name].log, CURVE)
        fit["curve_raw"] = np.maximum.accumulate(fit["curve_raw"] + 1e-4 * np.arange(len(CURVE)))
    return fitted


def c_array(values, digits=4, indent=8):
    text = ", ".join(f"{value:.{digits}f}" for value in values)
    words, lines = text.split(" "), [""]
    for word in words:
        if len(lines[-1]) + len(word) + indent > 114:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return "{" + ("\n" + " " * (indent + 1)).join(lines) + "}"


def print_class(fit, name):
    print(f"    /* {name} */\n    {{")
    for field in ["base", "itinerary_deviation", "noise_deviation", "seen", "ladder_step", "least", "most"]:
        print(f"        .{field} = {fit[field]:.4f},")
    for field in ["departure", "duration", "days", "curve_raw", "curve_log", "airline_weight", "pair_weight", "departure_weight"]:
        print(f"        .{field} = {c_array(fit[field])},")
    for field in ["airline", "pair", "late", "stops_weight"]:
        rows = ", ".join(c_array(row) for row in fit[field])
        print(f"        .{field} = {{{textwrap.fill(rows, 110, subsequent_indent=' ' * 9)}}},")
    print("    },")


def print_tables(real, fitted):
    business = real[real["class"] == "Business"].itinerary.nunique() / real.itinerary.nunique()
    nonstop = real[real.stop == 0].groupby("pair").duration.median().reindex(range(15)) * 60
    points = np.linspace(0.002, 0.998, 13)
    print("""#ifndef QR_DATA_FARE_TABLES_H
#define QR_DATA_FARE_TABLES_H

/* The tables of the fare generator, written by data/fit.py. Effects are on log fare; airlines, cities and parts of the day in
 * the order of data/generate.h, pairs of cities as DEL-BOM, DEL-BLR, ..., HYD-MAA. */

enum { PAIRS = 15, DURATION_KNOTS = %d, DURATION_POINTS = %d, CURVE_POINTS = %d };

struct fare_class {
    double base, itinerary_deviation, noise_deviation;
    double seen; /* the share of days on which an itinerary is on sale */
    double ladder_step, least, most;
    double airline[QR_FARE_AIRLINES][3]; /* by stops */
    double pair[PAIRS][2];               /* nonstop, connecting */
    double late[QR_FARE_AIRLINES][4];    /* what an airline adds by late_bracket */
    double departure[QR_FARE_PARTS];
    double duration[DURATION_KNOTS]; /* of connecting flights, at duration_hours */
    double days[QR_FARE_DAYS_MAX]; /* 1 to 49 days left */
    double curve_raw[CURVE_POINTS], curve_log[CURVE_POINTS]; /* from the sum of effects to log fare */
    double airline_weight[QR_FARE_AIRLINES], pair_weight[PAIRS], departure_weight[QR_FARE_PARTS];
    double stops_weight[QR_FARE_AIRLINES][3];
};
""" % (len(KNOTS), len(points), len(CURVE)))
    print(f"static const double business_itineraries = {business:.4f};")
    print("static const double day_ramp[2] = {0.50, 0.05}; /* few itineraries are still on sale on the last days */")
    print(f"static const double nonstop_minutes[PAIRS] = {c_array(nonstop, 0, 4)};")
    print(f"static const double duration_hours[DURATION_KNOTS] = {c_array(KNOTS, 0, 4)};")
    print("static const int late_bracket[3] = {3, 10, 17}; /* days left: below 3, below 10, below 17, and more */")
    print("/* Quantiles of the duration of connecting flights: economy and business, one stop and more. */")
    print("static const double connecting_hours[2][2][DURATION_POINTS] = {")
    for name in CLASSES:
        of = real[real["class"] == name]
        lists = [c_array(np.quantile(of[of.stop == stop].duration, points), 2) for stop in (1, 2)]
        print("    {" + ",\n     ".join(lists) + "},")
    print("};\n\nstatic const struct fare_class fare_classes[QR_FARE_CABINS] = {")
    for fit, name in zip(fitted, CLASSES):
        print_class(fit, name.lower())
    print("};\n\n#endif")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fares")
    parser.add_argument("--calibrate", metavar="FAREGEN")
    parser.add_argument("--tables", default="data/fare_tables.h", help="the tables that FAREGEN was built with")
    arguments = parser.parse_args()
    real = read_real(arguments.fares)
    fitted = [fit_class(real[real["class"] == name]) for name in CLASSES]
    if arguments.calibrate:
        fitted = calibrate(fitted, real, arguments.calibrate, read_tables(arguments.tables))
    print_tables(real, fitted)


if __name__ == "__main__":
    sys.exit(main())
