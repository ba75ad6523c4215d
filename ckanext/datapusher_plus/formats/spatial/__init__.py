"""Files of maps: shapefiles, GeoPackage and KML."""
