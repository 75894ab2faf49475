-- The café's suppliers and the coffee that it buys from them.
--
-- Runs unchanged on MySQL 8, MariaDB and SQLite, and as often as one likes: rows that are there already are left alone, so a
-- new deployment does not undo what happened to the stock since the last one. (Each database has its own spelling for that;
-- INSERT ... SELECT ... WHERE NOT EXISTS is the one that they share.)
-- The database and its character set, utf8mb4, are made outside of this file. Quantities are in kilograms, prices in euros per kilogram.

CREATE TABLE IF NOT EXISTS suppliers (
  id      INTEGER      NOT NULL PRIMARY KEY,
  name    VARCHAR(80)  NOT NULL,
  city    VARCHAR(60)  NOT NULL,
  country VARCHAR(60)  NOT NULL,
  website VARCHAR(200)
);

CREATE TABLE IF NOT EXISTS beans (
  id            INTEGER       NOT NULL PRIMARY KEY,
  supplier_id   INTEGER       NOT NULL,
  product       VARCHAR(120)  NOT NULL,
  type          VARCHAR(20)   NOT NULL,
  origin        VARCHAR(80)   NOT NULL,
  price         DECIMAL(8, 2) NOT NULL,
  quantity      INTEGER       NOT NULL,
  reorder_level INTEGER       NOT NULL,
  last_delivery DATE,
  FOREIGN KEY (supplier_id) REFERENCES suppliers (id)
);

INSERT INTO suppliers (id, name, city, country, website)
SELECT * FROM (
            SELECT 1 AS id, 'Fazenda São Lourenço' AS name, 'Poços de Caldas' AS city, 'Brazil' AS country, 'https://sao-lourenco.example/' AS website
  UNION ALL SELECT 2, 'Palarnia Kawy Łódź',         'Łódź',          'Poland',   'https://palarnia-lodz.example/'
  UNION ALL SELECT 3, 'Cooperativa Volcán Galeras', 'Pasto',         'Colombia', 'https://volcan-galeras.example/'
  UNION ALL SELECT 4, 'O''Brien''s Coffee Imports', 'Cork',          'Ireland',  'https://obriens-imports.example/'
  UNION ALL SELECT 5, 'Abyssinia Trading House',    'Addis Ababa',   'Ethiopia', 'https://abyssinia-trading.example/'
  UNION ALL SELECT 6, 'Finca El Manantial',         'Huehuetenango', 'Guatemala', NULL
  UNION ALL SELECT 7, 'Møller & Sønner Kaffe',      'Aarhus',        'Denmark',  'https://moller-sonner.example/'
  UNION ALL SELECT 8, 'Nusantara Kopi',             'Medan',         'Indonesia', 'https://nusantara-kopi.example/'
) AS seed
WHERE NOT EXISTS (SELECT 1 FROM suppliers WHERE suppliers.id = seed.id);

INSERT INTO beans (id, supplier_id, product, type, origin, price, quantity, reorder_level, last_delivery)
SELECT * FROM (
            SELECT 1 AS id, 1 AS supplier_id, 'Mogiana Natural' AS product, 'Arabica' AS type, 'Mogiana, Brazil' AS origin,
                   14.20 AS price, 86 AS quantity, 40 AS reorder_level, '2026-11-09' AS last_delivery
  UNION ALL SELECT  2, 1, 'Cerrado Yellow Bourbon',                'Arabica', 'Cerrado Mineiro, Brazil',      16.75,  54, 30, '2026-11-09'
  UNION ALL SELECT  3, 1, 'Sul de Minas Pulped Natural',           'Arabica', 'Sul de Minas, Brazil',         15.40,  22, 30, '2026-10-26'
  UNION ALL SELECT  4, 1, 'Chapada Diamantina Catuaí',             'Arabica', 'Bahia, Brazil',                21.90,  18, 12, '2026-10-26'
  UNION ALL SELECT  5, 1, 'Conilon Fine Robusta',                  'Robusta', 'Espírito Santo, Brazil',       11.80,  60, 25, '2026-11-09'
  UNION ALL SELECT  6, 1, 'Peaberry Moka Selection',               'Arabica', 'Minas Gerais, Brazil',         24.60,   9, 10, '2026-09-28'

  UNION ALL SELECT  7, 2, 'Piotrkowska Espresso',                  'Blend',   'Brazil, India, Ethiopia',      19.90,  72, 35, '2026-11-12'
  UNION ALL SELECT  8, 2, 'Zimowy Spacer; winter roast',           'Blend',   'Guatemala, Kenya',             22.40,  30, 15, '2026-11-12'
  UNION ALL SELECT  9, 2, 'Księży Młyn Filter',                    'Arabica', 'Huila, Colombia',              26.80,  14, 15, '2026-10-30'
  UNION ALL SELECT 10, 2, 'Decaf Noc (caffeine < 0.1 %)',          'Decaf',   'Popayán, Colombia',            25.50,  16, 12, '2026-10-30'
  UNION ALL SELECT 11, 2, 'Żółty Tramwaj',                         'Arabica', 'Sidamo, Ethiopia',             28.30,  11,  8, '2026-11-12'
  UNION ALL SELECT 12, 2, 'Manufaktura Cold Brew',                 'Blend',   'Brazil, Rwanda',               18.60,   0, 10, '2026-09-14'

  UNION ALL SELECT 13, 3, 'Nariño Washed Caturra',                 'Arabica', 'Nariño, Colombia',             23.75,  48, 25, '2026-11-03'
  UNION ALL SELECT 14, 3, 'Huila Supremo',                         'Arabica', 'Huila, Colombia',              20.15,  66, 30, '2026-11-03'
  UNION ALL SELECT 15, 3, 'Tolima Pink Bourbon',                   'Arabica', 'Tolima, Colombia',             38.90,   7,  8, '2026-10-05'
  UNION ALL SELECT 16, 3, 'Cauca Sugarcane Decaf',                 'Decaf',   'Cauca, Colombia',              24.20,  28, 15, '2026-11-03'
  UNION ALL SELECT 17, 3, 'La Unión Anaerobic',                    'Arabica', 'Nariño, Colombia',             42.50,   6,  5, '2026-10-05'
  UNION ALL SELECT 18, 3, 'Sierra Nevada Organic',                 'Arabica', 'Magdalena, Colombia',          22.85,  33, 20, '2026-10-19'

  UNION ALL SELECT 19, 4, 'O''Brien''s House Espresso',            'Blend',   'Brazil, Colombia, India',      17.95,  94, 45, '2026-11-16'
  UNION ALL SELECT 20, 4, 'Shandon Bells Breakfast',               'Blend',   'Kenya, Rwanda',                21.30,  41, 20, '2026-11-16'
  UNION ALL SELECT 21, 4, 'Monsooned Malabar AA',                  'Arabica', 'Malabar Coast, India',         18.80,  27, 15, '2026-10-12'
  UNION ALL SELECT 22, 4, 'Kaapi Royale Robusta',                  'Robusta', 'Chikmagalur, India',           13.60,  38, 20, '2026-10-12'
  UNION ALL SELECT 23, 4, 'Old Head Dark Roast',                   'Blend',   'Sumatra, Brazil',              19.10,  12, 18, '2026-09-21'
  UNION ALL SELECT 24, 4, 'Blackwater Swiss-Water Decaf',          'Decaf',   'Chiapas, Mexico',              23.45,  19, 10, '2026-11-16'

  UNION ALL SELECT 25, 5, 'Yirgacheffe Kochere, Grade 1',          'Arabica', 'Yirgacheffe, Ethiopia',        29.40,  36, 20, '2026-11-05'
  UNION ALL SELECT 26, 5, 'Sidamo Bensa Natural',                  'Arabica', 'Sidamo, Ethiopia',             27.90,  25, 20, '2026-11-05'
  UNION ALL SELECT 27, 5, 'Guji Uraga Washed',                     'Arabica', 'Guji, Ethiopia',               30.75,  13, 15, '2026-10-08'
  UNION ALL SELECT 28, 5, 'Harrar Longberry',                      'Arabica', 'Harrar, Ethiopia',             25.60,  21, 12, '2026-10-08'
  UNION ALL SELECT 29, 5, 'Limu Forest Coffee',                    'Arabica', 'Limu, Ethiopia',               24.10,  17, 10, '2026-11-05'
  UNION ALL SELECT 30, 5, 'Nyeri AA, SL28 & SL34',                 'Arabica', 'Nyeri, Kenya',                 36.20,  10,  8, '2026-10-22'

  UNION ALL SELECT 31, 6, 'Huehuetenango El Injertal',             'Arabica', 'Huehuetenango, Guatemala',     24.95,  44, 20, '2026-11-10'
  UNION ALL SELECT 32, 6, 'Antigua Pastores',                      'Arabica', 'Antigua, Guatemala',           23.30,  31, 20, '2026-11-10'
  UNION ALL SELECT 33, 6, 'Atitlán Bourbon',                       'Arabica', 'Atitlán, Guatemala',           22.70,  20, 15, '2026-10-17'
  UNION ALL SELECT 34, 6, 'Cobán Lluvia Fina',                     'Arabica', 'Cobán, Guatemala',             21.65,   8, 12, '2026-09-30'
  UNION ALL SELECT 35, 6, 'Maragogype «Elefante»',                 'Arabica', 'Huehuetenango, Guatemala',     33.10,   5,  4, '2026-10-17'
  UNION ALL SELECT 36, 6, 'Gesha de Altura',                       'Arabica', 'Acatenango, Guatemala',        68.00,   3,  3, '2026-08-24'

  UNION ALL SELECT 37, 7, 'Hygge Filter',                          'Blend',   'Ethiopia, Guatemala',          24.80,  37, 20, '2026-11-13'
  UNION ALL SELECT 38, 7, 'Åboulevarden Light Roast',              'Arabica', 'Kirinyaga, Kenya',             34.50,  15, 10, '2026-11-13'
  UNION ALL SELECT 39, 7, 'Nyungwe Red Bourbon',                   'Arabica', 'Nyamasheke, Rwanda',           27.25,  23, 15, '2026-10-28'
  UNION ALL SELECT 40, 7, 'Tarrazú Honey Process',                 'Arabica', 'Tarrazú, Costa Rica',          28.90,  12, 12, '2026-10-28'
  UNION ALL SELECT 41, 7, 'Boquete Morning',                       'Arabica', 'Boquete, Panama',              46.75,   4,  6, '2026-09-17'
  UNION ALL SELECT 42, 7, 'Skumring Decaf',                        'Decaf',   'Marcala, Honduras',            26.10,   9,  8, '2026-11-13'

  UNION ALL SELECT 43, 8, 'Gayo Highland Wet-Hulled',              'Arabica', 'Aceh, Indonesia',              22.15,  52, 25, '2026-11-07'
  UNION ALL SELECT 44, 8, 'Mandheling Grade 1',                    'Arabica', 'North Sumatra, Indonesia',     20.90,  46, 25, '2026-11-07'
  UNION ALL SELECT 45, 8, 'Toraja Sapan',                          'Arabica', 'Sulawesi, Indonesia',          27.60,  18, 12, '2026-10-14'
  UNION ALL SELECT 46, 8, 'Java Estate, Ijen Plateau',             'Arabica', 'East Java, Indonesia',         23.05,  24, 15, '2026-10-14'
  UNION ALL SELECT 47, 8, 'Kintamani Citrus',                      'Arabica', 'Bali, Indonesia',              25.35,  11, 12, '2026-09-24'
  UNION ALL SELECT 48, 8, 'Flores Bajawa (first order)',           'Arabica', 'Flores, Indonesia',            26.40,   0, 10, NULL
) AS seed
WHERE NOT EXISTS (SELECT 1 FROM beans WHERE beans.id = seed.id);
