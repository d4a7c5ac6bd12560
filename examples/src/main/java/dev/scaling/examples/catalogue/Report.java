package dev.scaling.examples.catalogue;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * What the job measured, as a table, and whether what the cache promises was kept.
 *
 * @param without the first requests, with the cache off
 * @param same the same requests, with the cache on
 * @param all the whole trace, with the cache on
 */
record Report(
    String source,
    int products,
    Phase without,
    Phase same,
    Phase all,
    FlashCrowd crowd,
    AtRest rest,
    long elapsedNanos) {

  /** Prints the table and the guarantees. */
  void print(PrintStream out) {
    out.println();
    out.printf(
        Locale.ROOT,
        "Catalogue of %,d products, 2 instances with %,d local entries each, %d clients%n",
        products,
        CatalogueService.LOCAL_ENTRIES,
        Traffic.CLIENTS);
    out.println("trace: " + source);
    out.println();
    out.println("Effect: the first requests without the cache and with it, then the whole trace");
    line(out, "", "cache off", "on, the same", "on, all");
    row(out, "requests measured", phase -> number(phase.requests()));
    row(out, "errors", phase -> number(phase.errors()));
    cached(out, "answered by the local tier", phase -> phase.stats().localHits());
    cached(out, "answered by Redis", phase -> phase.stats().remoteHits());
    cached(out, "answered by a load", phase -> phase.stats().loads());
    cached(out, "shared another's answer", Phase::shared);
    row(out, "price updates", phase -> number(phase.requests() - phase.reads()));
    row(out, "database queries", phase -> number(phase.stats().queries()));
    row(out, "database queries per 100", Report::share);
    millis(out, "p50 of reads, ms", phase -> phase.millisAt(50));
    millis(out, "p99 of reads, ms", phase -> phase.millisAt(99));
    out.println("(all processes share this machine, and the database is in its memory)");
    out.println();
    out.printf(
        Locale.ROOT,
        "Flash crowds: %d times %d requests at once for a product in no tier, to both instances%n",
        crowd.loads().size(),
        FlashCrowd.REQUESTS);
    out.printf(Locale.ROOT, "ran %d s%n", TimeUnit.NANOSECONDS.toSeconds(elapsedNanos));
    out.println();
    out.println("Checks: what the cache promises, against what clients and the database saw");
    var checks = checks();
    checks.forEach((sentence, kept) -> out.println((kept ? "PASS  " : "FAIL  ") + sentence));
    long failed = checks.values().stream().filter(kept -> !kept).count();
    out.println();
    out.println(
        failed == 0
            ? "all " + checks.size() + " checks passed"
            : failed + " of " + checks.size() + " checks failed");
  }

  /** Returns whether every guarantee was kept. */
  boolean isKept() {
    return !checks().containsValue(false);
  }

  /** Returns what was promised, in a sentence each, and whether it was kept. */
  private Map<String, Boolean> checks() {
    var checks = new LinkedHashMap<String, Boolean>();
    checks.put(
        "stale values at rest "
            + of(rest.stale(), rest.reads())
            + " ("
            + number(rest.fromTiers())
            + " of them answered by a tier)",
        rest.stale() == 0);
    checks.put(
        "reads older than their bound "
            + of(tooOld(), without.bounded() + all.bounded())
            + " (a second after the update returned)",
        tooOld() == 0);
    checks.put("loads per key in the flash crowd " + crowd.loadsPerKey(), crowd.isLoadedOnce());
    long sent = without.requests() + all.requests() + crowd.requests() + rest.reads();
    checks.put("requests that failed " + of(errors(), sent), errors() == 0);
    return checks;
  }

  private long tooOld() {
    return without.tooOld() + all.tooOld();
  }

  private long errors() {
    return without.errors() + all.errors() + crowd.errors() + rest.errors();
  }

  private void row(PrintStream out, String name, Function<Phase, String> cell) {
    line(out, name, cell.apply(without), cell.apply(same), cell.apply(all));
  }

  private void cached(PrintStream out, String name, ToLongFunction<Phase> cell) {
    line(out, name, "-", number(cell.applyAsLong(same)), number(cell.applyAsLong(all)));
  }

  private void millis(PrintStream out, String name, ToDoubleFunction<Phase> cell) {
    row(out, name, phase -> String.format(Locale.ROOT, "%.2f", cell.applyAsDouble(phase)));
  }

  private static String share(Phase phase) {
    double share = 100.0 * phase.stats().queries() / Math.max(1, phase.requests());
    return String.format(Locale.ROOT, "%.1f", share);
  }

  private static void line(PrintStream out, String name, String first, String second, String last) {
    out.printf(Locale.ROOT, "%-28s %14s %14s %14s%n", name, first, second, last);
  }

  private static String of(long part, long whole) {
    return number(part) + " of " + number(whole);
  }

  private static String number(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
