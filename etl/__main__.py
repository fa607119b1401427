"""`python -m etl` is `ci-health`."""

from etl.cli import main

if __name__ == "__main__":
    main()
