package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever can be done blocking can be done without, by the same name and arguments. */
@Timeout(60)
final class ApiParityTest {

  private static final Set<String> NOT_BLOCKING =
      Set.of("builder", "snapshot", "close", "toString");

  @Test
  void everyBlockingMethod_hasAnAsynchronousTwin() {
    var methods = publicMethods();
    var blocking = methods.values().stream()
        .filter(m -> !m.getName().endsWith("Async") && !NOT_BLOCKING.contains(m.getName()))
        .toList();

    assertThat(blocking).hasSizeGreaterThanOrEqualTo(6).allSatisfy(method -> {
      var twin = methods.get(method.getName() + "Async");
      assertThat(twin).as("%sAsync", method.getName()).isNotNull();
      assertThat(twin.getReturnType()).isEqualTo(CompletableFuture.class);
      assertThat(twin.getParameterCount()).isEqualTo(method.getParameterCount());
      if (!method.getName().equals("update")) { // its write is a stage, not a call
        assertThat(twin.getGenericParameterTypes()).isEqualTo(method.getGenericParameterTypes());
      }
    });
  }

  @Test
  void everyAsynchronousMethod_hasABlockingTwin() {
    var methods = publicMethods();

    assertThat(methods.keySet())
        .filteredOn(name -> name.endsWith("Async"))
        .isNotEmpty()
        .allSatisfy(name ->
            assertThat(methods).containsKey(name.substring(0, name.length() - "Async".length())));
  }

  private static Map<String, Method> publicMethods() {
    return Arrays.stream(TieredCache.class.getDeclaredMethods())
        .filter(m -> Modifier.isPublic(m.getModifiers()) && !m.isSynthetic())
        .collect(Collectors.toMap(Method::getName, m -> m));
  }
}
