package dev.scaling.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.cache.JsonCodec;
import dev.scaling.cache.KeyCodec;
import dev.scaling.cache.TieredCache;
import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The first program that a reader of the README sees. */
@Timeout(30)
final class FirstUseIT {

  @RegisterExtension
  static final RedisExtension server = RedisExtension.single();

  private final UserRepository repository = new UserRepository();

  @Test
  void firstUse_servesWhatWasUpdated() {
    repository.save(new User(42L, "Ada"));
    String address = server.address();

    // region first-use
    Redis redis = Redis.connect(address);
    redis.ready(Duration.ofSeconds(30)).join();
    TieredCache<Long, User> users = TieredCache.builder(
            "users", redis, KeyCodec.longs(), JsonCodec.of(User.class))
        .ttl(Duration.ofMinutes(10))
        .build(repository::find);

    User ada = users.get(42L);
    users.update(42L, () -> repository.save(ada.withName("Ada L.")));
    // endregion

    try (redis;
        users) {
      assertThat(ada).isEqualTo(new User(42L, "Ada"));
      assertThat(users.get(42L)).isEqualTo(new User(42L, "Ada L."));
    }
  }

  private record User(long id, String name) {

    User withName(String newName) {
      return new User(id, newName);
    }
  }

  private static final class UserRepository {

    private final Map<Long, User> users = new ConcurrentHashMap<>();

    User find(long id) {
      return users.get(id);
    }

    User save(User user) {
      users.put(user.id(), user);
      return user;
    }
  }
}
