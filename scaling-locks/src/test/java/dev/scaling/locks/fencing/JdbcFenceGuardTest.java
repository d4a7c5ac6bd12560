package dev.scaling.locks.fencing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A guard in H2 keeps the contract, and takes no table's name that could be something else. */
final class JdbcFenceGuardTest extends JdbcFenceGuardContract {

  JdbcFenceGuardTest() {
    super(new TestDatabase(
        "jdbc:h2:mem:fences;DB_CLOSE_DELAY=-1;LOCK_TIMEOUT=30000",
        "SELECT COUNT(*) FROM INFORMATION_SCHEMA.SESSIONS WHERE BLOCKER_ID IS NOT NULL"
            + " OR EXECUTING_STATEMENT LIKE 'INSERT INTO invoices%'")); // it waits in a loop
  }

  @Test
  void table_mayHaveASchema() throws SQLException {
    assertThat(FenceGuard.jdbc("PUBLIC.invoices").tryCheck(database.begin(), "a", 1))
        .isTrue();
  }

  @Test
  void ddl_createsTheTableOfItsName() throws SQLException {
    database.execute(JdbcFenceGuard.DDL);

    var transaction = database.begin();
    assertThat(FenceGuard.jdbc("fencing_tokens").tryCheck(transaction, "a", 1)).isTrue();
    transaction.rollback();
    database.execute("DROP TABLE fencing_tokens");
  }

  /** MySQL's drivers can be told to. */
  @Test
  void driverThatCountsChangedRowsAlone_isServedToo() throws SQLException {
    guard().check("a", 7);
    var transaction = countingChangedRowsAlone(database.begin());

    assertThat(guard.tryCheck(transaction, "a", 7)).isTrue();
    assertThat(guard.tryCheck(transaction, "a", 6)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "1a", "a;", "a--", "a.b.c", ".a", "a.", "\"a\"", "ä", "a\n"})
  void oddTable_isRefused(String table) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FenceGuard.jdbc(table))
        .withMessage(
            "table must be 1 to 63 of A-Z a-z 0-9 _ and begin with no digit, perhaps behind"
                + " a schema of the same form and a dot: " + table);
  }

  @Test
  void longTable_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FenceGuard.jdbc("a".repeat(64)))
        .withMessageEndingWith("a".repeat(64));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FenceGuard.jdbc("a".repeat(1_000)))
        .withMessageEndingWith("1000 characters");
  }

  @Test
  @SuppressWarnings({"NullAway", "DataFlowIssue"}) // what a caller without null checks gives
  void nothing_isRefused() {
    assertThatNullPointerException().isThrownBy(() -> FenceGuard.jdbc(null)).withMessage("table");
    assertThatNullPointerException()
        .isThrownBy(() -> guard.check(null, "a", 1))
        .withMessage("connection");
  }

  @Test
  void toString_saysTheTable() {
    assertThat(guard).hasToString("FenceGuard{invoices, by JDBC}");
  }

  private static Connection countingChangedRowsAlone(Connection connection) {
    return proxy(Connection.class, (proxy, method, args) -> {
      Object result = invoke(method, connection, args);
      return method.getName().equals("prepareStatement") && ((String) args[0]).startsWith("UPDATE")
          ? proxy(PreparedStatement.class, (self, verb, values) -> {
            Object reply = invoke(verb, result, values);
            return verb.getName().equals("executeUpdate") ? 0 : reply;
          })
          : result;
    });
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  private static Object invoke(Method method, Object target, Object[] args) throws Throwable {
    try {
      return method.invoke(target, args);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
