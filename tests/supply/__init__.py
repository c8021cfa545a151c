"""`make audit`, `make licences`, `make sbom`, `make upgrade`: what we depend on (docs/supply_chain.md)."""
