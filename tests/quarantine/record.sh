#!/usr/bin/env bash
# Records the runs in runs/: real reports of pytest, go test, gotestsum, Vitest and Surefire.
# Needs python with pytest, go, gotestsum, node with vitest in $VITEST (a folder with node_modules), and mvn.
set -uo pipefail
out=$(cd "$(dirname "$0")" && pwd)/runs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What a machine is called and where the work was done tells nothing.
python=$("${PYTHON:-python3}" -c 'import sys; print(sys.base_prefix)')
keep() { sed -e "s#$work#/home/runner/work#g" -e "s#$python#/usr#g" -e 's/hostname="[^"]*"/hostname="runner"/g' "$1" > "$out/$2"; }

# SHOP_MODE is passed, failed, crashed or outside; the tests read it.
mkdir "$work/py" && cat > "$work/py/test_cart.py" <<'PY'
import os

import pytest

MODE = os.environ["SHOP_MODE"]


@pytest.fixture
def shop():
    yield
    if MODE == "outside":
        raise OSError("the shop does not close")


def test_adds(shop):
    assert 1 + 1 == 2


def test_pays():
    if MODE == "crashed":
        os._exit(3)
    assert MODE == "passed", "declined"


@pytest.mark.parametrize("currency", ["eur", "usd"])
def test_converts(currency):
    assert MODE == "passed" or currency == "eur"


@pytest.mark.skip(reason="no printer")
def test_prints():
    pass
PY
for mode in passed failed crashed outside; do
    (cd "$work/py" && SHOP_MODE=$mode "${PYTHON:-python3}" -m pytest -q -p no:cacheprovider --junitxml="$mode.xml" test_cart.py)
    [ -f "$work/py/$mode.xml" ] && keep "$work/py/$mode.xml" "pytest-$mode.xml"
done
(cd "$work/py" && echo 'import nowhere' > test_broken.py && SHOP_MODE=failed "${PYTHON:-python3}" -m pytest -q -p no:cacheprovider --junitxml=collect.xml)
keep "$work/py/collect.xml" pytest-collection.xml

mkdir "$work/go" && cat > "$work/go/cart_test.go" <<'GO'
package cart

import (
	"os"
	"testing"
)

var mode = os.Getenv("SHOP_MODE")

func TestMain(m *testing.M) {
	code := m.Run()
	if mode == "outside" {
		code = 1
	}
	os.Exit(code)
}

func TestAdds(t *testing.T) {}

func TestPays(t *testing.T) {
	if mode == "crashed" {
		panic("no money")
	}
	if mode == "exited" {
		os.Exit(1)
	}
	if mode == "failed" {
		t.Fatal("declined")
	}
}

func TestConverts(t *testing.T) {
	for _, currency := range []string{"eur", "usd"} {
		t.Run(currency, func(t *testing.T) {
			if mode == "failed" && currency == "usd" {
				t.Fatal("no rate")
			}
		})
	}
}

func TestPrints(t *testing.T) { t.Skip("no printer") }
GO
printf 'module example.org/cart\n\ngo 1.21\n' > "$work/go/go.mod"
for mode in passed failed crashed outside exited; do
    (cd "$work/go" && SHOP_MODE=$mode gotestsum --junitfile "$mode.xml" --jsonfile "$mode.jsonl" -- -count=1 ./...)
    keep "$work/go/$mode.xml" "gotestsum-$mode.xml"
    keep "$work/go/$mode.jsonl" "go-$mode.jsonl"
done
echo 'func (' >> "$work/go/cart_test.go"
(cd "$work/go" && SHOP_MODE=passed gotestsum --junitfile build.xml --jsonfile build.jsonl -- -count=1 ./...)
keep "$work/go/build.xml" gotestsum-build.xml
keep "$work/go/build.jsonl" go-build.jsonl

mkdir "$work/vitest" && ln -s "$VITEST/node_modules" "$work/vitest/node_modules"
echo '{"type": "module"}' > "$work/vitest/package.json"
cat > "$work/vitest/cart.test.js" <<'JS'
import { expect, test } from "vitest"

const mode = process.env.SHOP_MODE
if (mode === "broken") throw new Error("no shop")
if (mode === "outside") setTimeout(() => { throw new Error("lost") }, 0)

test("adds", async () => { await new Promise((done) => setTimeout(done, 20)) })
test("pays", () => {
  if (mode === "crashed") process.exit(3)
  expect(mode).not.toBe("failed")
})
test.each(["eur", "usd"])("converts %s", (currency) => {
  if (mode === "failed") expect(currency).toBe("eur")
})
test.skip("prints", () => {})
JS
for mode in passed failed crashed outside broken; do
    (cd "$work/vitest" && SHOP_MODE=$mode npx vitest run --reporter=junit --reporter=json --outputFile.junit="$mode.xml" --outputFile.json="$mode.json")
    echo "vitest $mode: $?"
    [ -f "$work/vitest/$mode.xml" ] && keep "$work/vitest/$mode.xml" "vitest-$mode.xml"
    [ -f "$work/vitest/$mode.json" ] && keep "$work/vitest/$mode.json" "vitest-$mode.json"
done

mkdir -p "$work/maven/src/test/java/shop" && cat > "$work/maven/pom.xml" <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>example</groupId><artifactId>shop</artifactId><version>1</version>
  <properties>
    <maven.compiler.source>17</maven.compiler.source><maven.compiler.target>17</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies>
    <dependency><groupId>org.junit.jupiter</groupId><artifactId>junit-jupiter</artifactId><version>5.13.4</version><scope>test</scope></dependency>
  </dependencies>
  <build><plugins>
    <plugin><artifactId>maven-surefire-plugin</artifactId><version>3.5.4</version></plugin>
  </plugins></build>
</project>
XML
cat > "$work/maven/src/test/java/shop/CartTest.java" <<'JAVA'
package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CartTest {
    static final String MODE = System.getenv("SHOP_MODE");

    @Test void adds() {}

    @Test void pays() {
        if (MODE.equals("crashed")) Runtime.getRuntime().halt(3);
        if (MODE.equals("failed")) throw new IllegalStateException("declined");
    }

    @ParameterizedTest @ValueSource(strings = {"eur", "usd"})
    void converts(String currency) {
        if (MODE.equals("failed")) assertEquals("eur", currency);
    }

    @Test @Disabled("no printer") void prints() {}

    @AfterAll static void closes() {
        if (MODE.equals("outside")) throw new IllegalStateException("the shop does not close");
    }
}
JAVA
for mode in passed failed crashed outside; do
    (cd "$work/maven" && rm -rf target/surefire-reports && SHOP_MODE=$mode mvn -q -B test)
    echo "surefire $mode: $?"
    report="$work/maven/target/surefire-reports/TEST-shop.CartTest.xml"
    # Its properties are the machine's.
    [ -f "$report" ] && sed -i -e '/<properties>/,/<\/properties>/d' "$report" && keep "$report" "surefire-$mode.xml"
done
(cd "$work/maven" && rm -rf target/surefire-reports && SHOP_MODE=failed mvn -q -B test -Dsurefire.rerunFailingTestsCount=1)
report="$work/maven/target/surefire-reports/TEST-shop.CartTest.xml"
sed -i -e '/<properties>/,/<\/properties>/d' "$report" && keep "$report" surefire-rerun.xml

{
    "${PYTHON:-python3}" -m pytest --version
    go version | cut -d' ' -f1-3
    echo "gotestsum $(gotestsum --version | tail -1 | sed 's/^gotestsum version //')"
    (cd "$work/vitest" && npx vitest --version)
    echo "maven-surefire-plugin 3.5.4, JUnit 5.13.4"
} > "$out/VERSIONS"
