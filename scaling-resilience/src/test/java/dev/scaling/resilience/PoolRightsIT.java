package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.VirtualTime;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A user of Redis who may do what docs/operations.md says of shared budgets, and nothing else. */
@Timeout(120)
final class PoolRightsIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Pattern LINE =
      Pattern.compile("(?m)^`RetryBudget` that is shared:\\R\\R```\\R(ACL SETUSER .*)$");

  @Test
  void rightsOfThePage_areEnough() throws Exception {
    var server = servers.server();
    server.command("ACL", "LOG", "RESET");
    var page = LINE.matcher(Files.readString(Path.of("../docs/operations.md")));
    assertThat(page.find()).isTrue();
    server.command(page.group(1).split(" "));
    var time = new VirtualTime();
    try (var port = Redis.connect(servers.address().replace("//", "//app:pw@"))) {
      port.ready(Duration.ofSeconds(30)).join();
      var redis = new CountedRedis(port);
      var budget = RetryBudget.builder("rights")
          .shared(redis.redis())
          .instances(2)
          .time(time)
          .build();
      for (int i = 0; i < 100; i++) {
        budget.begin();
        budget.end(/* isFirstSuccess= */ true);
      }
      for (int i = 0; i <= Draws.ASKED; i++) {
        time.advance(Duration.ofSeconds(1));
        var withdrawal = budget.tryWithdraw(RetryBudget.TRANSIENT);
        if (withdrawal != null) {
          withdrawal.failed();
        }
      }
      await().until(() -> redis.sent.get() > 0 && redis.isQuiet());
      budget.close();

      assertThat(redis.failed).hasValue(0);
      assertThat(server.command("EXISTS", "scaling:rights:t:1:{rights}")).isEqualTo(1L);
    }
    assertThat(refused()).isEmpty();
    server.command("ACL", "DELUSER", "app");
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
