package dev.scaling.concurrency.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.concurrency.limit.LimiterChild.Kind;
import dev.scaling.testkit.RedisExtension;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that use all that they may, while one is stopped for longer than its allotments live,
 * one is killed and another takes its place, and Redis stops for a while. What they note is judged
 * by the oracle of envelopes. How fast the machine is plays no part in the bound.
 */
@Timeout(180)
final class ProcessesIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Duration A_WHILE = Duration.ofMillis(900);

  private final List<Process> children = new ArrayList<>();

  @TempDir
  Path directory;

  @AfterEach
  void end() {
    children.forEach(Process::destroyForcibly);
  }

  @Test
  void limits_hold_whoeverStopsOrDies() throws Exception {
    for (int i = 0; i < 3; i++) {
      start();
    }
    untilEachUses(0, 1, 2);

    signal("STOP", children.get(0));
    pass();
    signal("CONT", children.get(0));
    untilEachUses(0, 1, 2);
    children.get(1).destroyForcibly();
    start();
    untilEachUses(0, 2, 3);
    servers.server().pause();
    pass();
    servers.server().resume();
    untilEachUses(0, 2, 3);
    end();

    for (Kind kind : Kind.values()) {
      var used = used(kind);
      assertThat(used.excess(LimiterChild.LIMIT))
          .as("%s: beyond the limit", kind)
          .isLessThanOrEqualTo(kind.excess() + /* on their way */ children.size());
      assertThat(used.excess(RateLimit.perSecond(500).withBurst(200)))
          .as("%s: the control, half of the limit", kind)
          .isGreaterThan(kind.excess() + children.size());
    }
  }

  private void start() throws IOException {
    var command = List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx64m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        System.getProperty("java.class.path"),
        LimiterChild.class.getName(),
        servers.address(),
        directory.toString(),
        String.valueOf(children.size()));
    children.add(new ProcessBuilder(command)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start());
  }

  private static void signal(String name, Process child) throws Exception {
    var kill = new ProcessBuilder("kill", "-" + name, String.valueOf(child.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  /** Waits until each of some instances has used a burst more than by now. */
  private void untilEachUses(int... instances) throws IOException {
    for (Kind kind : Kind.values()) {
      for (int instance : instances) {
        long before = uses(kind, instance).size();
        patiently().until(() -> uses(kind, instance).size() >= before + 50);
      }
    }
  }

  private static void pass() {
    patiently().pollDelay(A_WHILE).until(() -> true);
  }

  private static ConditionFactory patiently() {
    return await().atMost(Duration.ofMinutes(1));
  }

  private Envelope used(Kind kind) throws IOException {
    var used = new Envelope();
    for (int instance = 0; instance < children.size(); instance++) {
      uses(kind, instance).forEach(micros -> used.add(micros, 1));
    }
    return used;
  }

  private List<Long> uses(Kind kind, int instance) throws IOException {
    var uses = LimiterChild.uses(kind.file(directory, instance));
    List<Long> moments = new ArrayList<>();
    for (long at = uses.get(); at != 0; at = uses.get()) {
      moments.add(at);
    }
    return moments;
  }
}
