package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A user of Redis who may do what docs/operations.md says, and nothing else. */
@Timeout(120)
final class RedisRightsIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @RegisterExtension
  final Instances instances = new Instances(servers);

  private Redis port;

  @BeforeEach
  void connectAsUser() throws Exception {
    servers.server().command("ACL", "LOG", "RESET");
    servers.server().command(documented());
    port = Redis.connect(servers.address().replace("//", "//app:pw@"));
    port.ready(Duration.ofSeconds(30)).join();
  }

  @AfterEach
  void removeUser() {
    port.close();
    servers.server().command("ACL", "DELUSER", "app");
  }

  @Test
  void rightsOfThePage_areEnough() throws Exception {
    var cache = instances.cache(port, settings -> {});
    var other = instances.cache(port, settings -> {});
    instances.source.putAll(Map.of("a", "1", "b", "2"));

    assertThat(cache.get("a")).isEqualTo("1");
    assertThat(cache.getAll(List.of("a", "b", "c"))).hasSize(2);
    assertThat(other.get("a")).isEqualTo("1");
    cache.update("a", () -> instances.source.put("a", "3"));
    await().untilAsserted(() -> assertThat(other.get("a")).isEqualTo("3"));
    cache.put("b", "4");
    cache.invalidateAll(List.of("a", "b"));
    cache.close();

    assertThat(refused()).isEmpty();
  }

  /** Long enough for a lease and a fence to be renewed, and for somebody to wait for the lease. */
  @Test
  void rightsOfThePage_areEnoughForWhatTakesLong() throws Exception {
    var length = Duration.ofMillis(300);
    var cache = instances.cache(port, b -> b.lease(length).fence(length));
    var other = instances.cache(port, b -> b.lease(length).fence(length));
    instances.source.put("a", "1");
    var pause = new Instances.Pause();
    instances.hook = pause;
    var first = cache.getAsync("a");
    pause.awaitReached();
    var second = other.getAsync("a");
    await().during(Duration.ofMillis(600)).until(() -> !first.isDone());
    pause.letGo();
    assertThat(first).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("1");
    assertThat(second).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("1");

    var written = cache.update("a", () -> {
      await().during(Duration.ofMillis(600)).until(() -> "F".equals(instances.kind("a")));
      return instances.source.put("a", "2");
    });

    assertThat(written.fenced()).isTrue();
    assertThat(refused()).isEmpty();
  }

  /** Returns what the user asked for in vain, but for what Redisson tries on each server. */
  private static List<String> refused() {
    var log = (List<?>) Objects.requireNonNull(servers.server().command("ACL", "LOG"));
    return log.stream()
        .map(entry -> (String) ((List<?>) entry).get(/* the key, channel or command */ 7))
        .filter(object -> !object.equals("test1"))
        .toList();
  }

  /** Returns the command that the page shows. */
  private static String[] documented() throws Exception {
    String page = Files.readString(Path.of("../docs/operations.md"));
    return Pattern.compile("(?m)^ACL SETUSER .*$")
        .matcher(page)
        .results()
        .map(MatchResult::group)
        .findFirst()
        .orElseThrow()
        .split(" ");
  }
}
