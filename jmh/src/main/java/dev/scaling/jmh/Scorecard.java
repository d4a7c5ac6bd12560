package dev.scaling.jmh;

import dev.scaling.testkit.RedisServers;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Properties;

/**
 * Measures this library beside its peers and prints a line a measure: ours, the peer's, the ratio,
 * the goal, and whether it is reached.
 *
 * <p>Both sides take turns in one run, after a warm-up of both, against a real Redis server; the
 * numbers are medians of the rounds. Ratios carry over to other machines better than the numbers.
 *
 * <p>Run: {@code jmh/scorecard [--quick] [ID…]}
 */
public final class Scorecard {

  private Scorecard() {}

  /** Runs the comparisons with the given IDs, or all. */
  public static void main(String[] args) throws Exception {
    try {
      run(List.of(args), System.out);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
    }
  }

  /**
   * Runs comparisons.
   *
   * @throws IllegalArgumentException if an ID is unknown; the message lists them
   */
  static void run(List<String> arguments, PrintStream out) throws Exception {
    var ids = new ArrayList<>(arguments);
    var effort = ids.remove("--quick") ? Effort.QUICK : Effort.FULL;
    var all = Comparison.all();
    for (String id : ids) {
      if (!all.containsKey(id)) {
        throw new IllegalArgumentException(
            "unknown ID " + id + "; there are: " + String.join(", ", all.keySet()));
      }
    }
    printMachine(effort, out);
    out.println(Line.HEADER);
    for (String id : ids.isEmpty() ? all.keySet() : ids) {
      try (var lab = new Lab()) {
        Objects.requireNonNull(all.get(id)).run(lab, id, effort).forEach(out::println);
      }
    }
    out.println("# load average afterwards " + load());
  }

  private static void printMachine(Effort effort, PrintStream out) throws Exception {
    out.println("# " + Instant.now().truncatedTo(ChronoUnit.SECONDS) + ", " + machine());
    out.println("# "
        + System.getProperty("java.vm.name")
        + " "
        + Runtime.version()
        + versions()
        + ", Redis "
        + redisVersion());
    out.println("# " + effort + ", load average before " + load());
  }

  private static String machine() {
    return Runtime.getRuntime().availableProcessors()
        + " x "
        + processor()
        + ", "
        + System.getProperty("os.name")
        + " "
        + System.getProperty("os.arch");
  }

  private static String processor() {
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown processor");
    } catch (IOException e) {
      return "unknown processor";
    }
  }

  private static String versions() throws IOException {
    var versions = new Properties();
    try (var in = Scorecard.class.getResourceAsStream("versions.properties")) {
      versions.load(in);
    }
    return ", scaling "
        + versions.get("scaling")
        + ", Caffeine "
        + versions.get("caffeine")
        + ", Redisson "
        + versions.get("redisson")
        + ", java-dataloader "
        + versions.get("dataloader");
  }

  private static String redisVersion() {
    try (var server = RedisServers.single()) {
      return String.valueOf(server.command("INFO", "server"))
          .lines()
          .filter(line -> line.startsWith("redis_version:"))
          .map(line -> line.substring(line.indexOf(':') + 1))
          .findFirst()
          .orElse("unknown");
    }
  }

  private static String load() {
    return String.format(
        Locale.ROOT, "%.2f", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }
}
