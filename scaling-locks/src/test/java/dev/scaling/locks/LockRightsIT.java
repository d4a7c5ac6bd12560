package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.testkit.RedisExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A user of Redis who may do what docs/operations.md says of locks, and nothing else. */
@Timeout(120)
final class LockRightsIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Pattern LINE =
      Pattern.compile("(?m)^`LockService`, on each node:\\R\\R```\\R(ACL SETUSER .*)$");

  private final Services services = new Services();

  @AfterEach
  void close() throws Exception {
    services.close();
    servers.server().command("ACL", "DELUSER", "app");
  }

  @Test
  void rightsOfThePage_areEnough() throws Exception {
    servers.server().command("ACL", "LOG", "RESET");
    var page = LINE.matcher(Files.readString(Path.of("../docs/operations.md")));
    assertThat(page.find()).isTrue();
    servers.server().command(page.group(1).split(" "));
    var one = service();
    var two = service();
    var lease = one.lock("a").acquire(LONG);
    var waiting = two.lock("a").acquireAsync(LONG);
    assertThat(lease.extend(Duration.ofSeconds(10))).isTrue();
    lease.release().get();
    assertThat(waiting.get()).isInstanceOfSatisfying(Acquired.class, won -> {
      assertThat(one.lock("a").acquireAsync(LONG).cancel(true)).isTrue();
      won.lease().close();
    });
    var reader = one.readWrite("a").read().acquire(LONG);
    two.readWrite("a").read().acquire(LONG).close(); // joins it
    assertThat(reader.extend(Duration.ofSeconds(10))).isTrue();
    reader.close();
    assertThat(two.lock("a").tryAcquire(LONG)).isPresent();

    assertThat(one.snapshot().nodeFailures()).isZero();
    assertThat(two.snapshot().nodeFailures()).isZero();
    assertThat(refused()).isEmpty();
  }

  private LockService service() throws Exception {
    return services.ready(
        services.at(List.of(servers.address().replace("//", "//app:pw@"))).quarantined(false));
  }

  /** Returns what the user asked for in vain, but for what Redisson tries on each server. */
  private static List<String> refused() {
    var log = (List<?>) Objects.requireNonNull(servers.server().command("ACL", "LOG"));
    return log.stream()
        .map(entry -> (String) ((List<?>) entry).get(/* the key, channel or command */ 7))
        .filter(object -> !object.equals("test1"))
        .toList();
  }
}
