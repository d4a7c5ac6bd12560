package dev.scaling.concurrency.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.concurrency.limit.RateLimit;
import dev.scaling.concurrency.limit.RateLimiter;
import dev.scaling.concurrency.limit.RateLimiterBuilder;
import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Users of Redis who may do what docs/operations.md says of a component, and nothing else. */
@Timeout(120)
final class ConcurrencyRightsIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Path SCRIPTS = Path.of("src/main/resources/META-INF/scaling/concurrency");
  private static final Duration LONG = Duration.ofSeconds(30);

  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeEach
  void forget() {
    servers.server().command("FLUSHALL");
    servers.server().command("ACL", "LOG", "RESET");
  }

  @AfterEach
  void removeUser() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
    servers.server().command("ACL", "DELUSER", "app");
  }

  @Test
  void rightsOfTheLimiter_areEnough() throws Exception {
    var port = portOf("RateLimiter");
    var limiter = opened(tenants(port).build());
    var outer = opened(RateLimiter.builder("service", port)
        .limit("all", RateLimit.of(10, Duration.ofMinutes(10)))
        .redisTimeout(LONG)
        .build());
    var within = opened(tenants(port).within(outer, "all").build());
    await().until(() -> Long.valueOf(2).equals(command("ZCARD", "scaling:tenants:m:1")));
    var another = opened(tenants(port).build()); // else it would count the others 15 s later

    await()
        .atMost(LONG)
        .untilAsserted(() -> assertThat(another.snapshot().instances()).isEqualTo(3));
    assertThat(limiter.tryAcquire("a", 2).isPermitted()).isTrue();
    assertThat(within.tryAcquire("a").isPermitted()).isFalse();
    await().untilAsserted(() -> assertThat(exists("scaling:service:r:1:{all}")).isZero());
    limiter.reserve("a", 1, Duration.ofMinutes(1)).cancel();
    await().ignoreExceptions().until(() -> another.reserve("a", 1, Duration.ofMinutes(1)) != null);

    for (RateLimiter each : List.of(limiter, another, outer, within)) {
      assertThat(each.snapshot().redisFailures()).isZero();
    }
    assertThat(refused()).isEmpty();
  }

  @Test
  void rightsOfTheSemaphore_areEnough() throws Exception {
    var port = portOf("DistributedSemaphore");
    var portOfDying = opened(Redis.connect(addressOfUser()));
    portOfDying.ready(LONG).join();
    opened(semaphore(portOfDying)).acquire(LONG);
    var first = opened(semaphore(port));
    var second = opened(semaphore(port));

    var permit = first.acquire(LONG); // of two, the other is with the one that dies
    var waiting = second.acquireAsync(LONG);
    await().untilAsserted(() -> assertThat(first.snapshot().isContended()).isTrue());
    permit.close();
    waiting.get().close();
    portOfDying.close();
    var both = List.of(first.acquire(LONG), first.acquire(LONG));
    both.forEach(Permit::close);
    first.close();
    second.close();

    assertThat(refused()).isEmpty();
  }

  @Test
  void rightsOfTheCache_areNotEnough() throws Exception {
    var limiter = opened(tenants(portOf("TieredCache")).build());

    limiter.tryAcquire("a");

    await().untilAsserted(() -> assertThat(refused()).isNotEmpty());
  }

  /** So that no right is missing which the tests above happen not to need. */
  @Test
  void commandsOfTheScripts_areOnThePage() throws Exception {
    var limiter = List.of("now", "state", "take", "refund", "members");
    var semaphore = List.of("now", "blocks", "settle", "block");

    assertThat(documented("RateLimiter").split(" ")).containsAll(commandsOf(limiter));
    assertThat(documented("DistributedSemaphore").split(" ")).containsAll(commandsOf(semaphore));
    try (var all = Files.list(SCRIPTS)) {
      assertThat(all.map(path -> path.getFileName().toString().replace(".lua", "")))
          .allMatch(script -> limiter.contains(script) || semaphore.contains(script));
    }
  }

  private RateLimiterBuilder tenants(Redis port) {
    return RateLimiter.builder("tenants", port)
        .limit("each", RateLimit.of(2, Duration.ofMinutes(2)))
        .redisTimeout(LONG);
  }

  private static DistributedSemaphore semaphore(Redis port) {
    return DistributedSemaphore.builder("nightly", port)
        .permits(2)
        .lease(Duration.ofSeconds(3))
        .redisTimeout(Duration.ofMillis(900))
        .build();
  }

  /** Connects as the user whom the page gives to a component. */
  private Redis portOf(String component) throws Exception {
    servers.server().command(documented(component).split(" "));
    var port = opened(Redis.connect(addressOfUser()));
    port.ready(LONG).join();
    return port;
  }

  private static String addressOfUser() {
    return servers.address().replace("//", "//app:pw@");
  }

  private <T extends AutoCloseable> T opened(T closeable) {
    open.add(closeable);
    return closeable;
  }

  private static long exists(String key) {
    return (Long) command("EXISTS", key);
  }

  private static Object command(String... command) {
    return Objects.requireNonNull(servers.server().command(command));
  }

  /** Returns what the user asked for in vain, but for what Redisson tries on each server. */
  private static List<String> refused() {
    var log = (List<?>) Objects.requireNonNull(servers.server().command("ACL", "LOG"));
    return log.stream()
        .map(entry -> (String) ((List<?>) entry).get(/* the key, channel or command */ 7))
        .filter(object -> !object.equals("test1"))
        .toList();
  }

  /** Returns the command that the page shows for a component. */
  private static String documented(String component) throws Exception {
    String page = Files.readString(Path.of("../docs/operations.md"));
    return Pattern.compile("(?m)^`" + component + "`:\\R\\R```\\R(ACL SETUSER .*)$")
        .matcher(page)
        .results()
        .map(found -> found.group(1))
        .findFirst()
        .orElseThrow();
  }

  private static Set<String> commandsOf(List<String> scripts) throws Exception {
    Set<String> commands = new TreeSet<>();
    for (String script : scripts) {
      Pattern.compile("redis\\.call\\('([A-Z]+)'")
          .matcher(Files.readString(SCRIPTS.resolve(script + ".lua")))
          .results()
          .forEach(call -> commands.add("+" + call.group(1).toLowerCase(Locale.ROOT)));
    }
    return commands;
  }
}
