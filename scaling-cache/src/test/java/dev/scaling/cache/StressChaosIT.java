package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.cache.Workload.Style;
import dev.scaling.testkit.RedisExtension;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that are killed in the middle of what they do, connections that are cut and a Redis
 * that pauses, for as long as {@code scaling.chaos.seconds} says: 60 by default.
 */
@Tag("chaos")
@Timeout(value = 2, unit = TimeUnit.HOURS)
final class StressChaosIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @RegisterExtension
  final Instances connections = new Instances(servers);

  private final long seed = Long.getLong("scaling.stress.seed", new Random().nextLong());
  private final Random random = new Random(seed);
  private final List<Child> children = new ArrayList<>();

  @TempDir
  Path directory;

  @AfterEach
  void end() {
    children.forEach(child -> child.process.destroyForcibly());
  }

  @Test
  void nothingImpossibleIsRead_andNothingIsStaleAtRest_whateverDies() throws Exception {
    System.out.println("StressChaosIT seed " + seed);
    var file = Files.write(
        directory.resolve("journal"),
        new byte[Journal.bytes(StressChild.KEYS, StressChild.INSTANCES)]);
    var journal = StressChild.journal(file);
    for (int i = 1; i < StressChild.INSTANCES; i++) {
      children.add(new Child(file, i));
    }
    try (var cache = StressChild.cache(connections.connected(servers.address()), journal)) {
      var workload = new Workload(journal, Map.of(), Style.WITHOUT_PUTS);
      var threads =
          workload.start(cache, /* instance= */ 0, /* readers= */ 1, /* writers= */ 1, seed);
      var sampler = new Thread(() -> StressChild.sample(journal));
      sampler.setDaemon(true);
      sampler.start();

      long end =
          System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.getLong("scaling.chaos.seconds", 60));
      while (System.nanoTime() - end < 0) {
        pause(1_000 + random.nextInt(3_000));
        makeFault(file);
      }

      workload.end();
      for (Thread thread : threads) {
        thread.join();
      }
      System.out.println("StressChaosIT " + workload.counts() + ", " + cache.snapshot());
      for (Child child : children) {
        child.tell();
        System.out.println("StressChaosIT child: " + child.linesUntil("COUNTS"));
      }
      pause(3_000); // messages, and the fences of the dead
      List<String> wrong = new ArrayList<>(journal.violations());
      for (int key = 0; key < StressChild.KEYS; key++) {
        compare(wrong, "parent", key, String.valueOf(cache.get(key)), journal);
      }
      for (Child child : children) {
        child.tell();
        for (String line : child.linesUntil("END")) {
          if (line.startsWith("VIOLATION")) {
            wrong.add(line);
          } else if (line.startsWith("REST")) {
            var parts = line.split(" ", /* limit= */ 3);
            compare(
                wrong, "child " + child.instance, Integer.parseInt(parts[1]), parts[2], journal);
          }
        }
      }

      assertThat(wrong).as("seed %d", seed).isEmpty();
    }
  }

  private void makeFault(Path file) throws IOException {
    switch (random.nextInt(5)) {
      case 0, 1 -> {
        int at = random.nextInt(children.size());
        var victim = children.get(at);
        victim.process.destroyForcibly();
        children.set(at, new Child(file, victim.instance));
      }
      case 2 -> servers.server().command("CLIENT", "KILL", "TYPE", "pubsub");
      case 3 -> servers.server().command("CLIENT", "KILL", "TYPE", "normal");
      default -> {
        servers.server().pause();
        pause(50 + random.nextInt(450));
        servers.server().resume();
      }
    }
  }

  private static void compare(
      List<String> wrong, String who, int key, String held, Journal journal) {
    var value = String.valueOf(Journal.value(journal.committed(key)));
    if (!held.equals(value)) {
      wrong.add(who + " holds " + held + " of key " + key + " where the source has " + value);
    }
  }

  private static void pause(long millis) {
    await().pollDelay(Duration.ofMillis(millis)).timeout(Duration.ofMinutes(1)).until(() -> true);
    LockSupport.parkNanos(1);
  }

  /** Another process with an instance of the cache. */
  private final class Child {

    final int instance;
    final Process process;
    private final BufferedReader output;

    Child(Path file, int instance) throws IOException {
      this.instance = instance;
      var command = List.of(
          Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "-Xmx64m",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-cp",
          System.getProperty("java.class.path"),
          StressChild.class.getName(),
          file.toString(),
          servers.address(),
          String.valueOf(instance),
          String.valueOf(random.nextLong()));
      process = new ProcessBuilder(command)
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start();
      output = new BufferedReader(
          new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    void tell() throws IOException {
      var out = process.getOutputStream();
      out.write('\n');
      out.flush();
    }

    List<String> linesUntil(String last) throws IOException {
      List<String> lines = new ArrayList<>();
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        lines.add(line);
        if (line.startsWith(last)) {
          return lines;
        }
      }
      throw new IOException("child " + instance + " ended: " + lines);
    }
  }
}
