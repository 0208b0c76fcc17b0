"""The database: tables, migrations, page writes, and the queries behind tables and lists."""
