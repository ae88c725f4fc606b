using System.Collections;
using System.Reflection;
using MySql.Data.MySqlClient;

namespace TaskQ.Sql.Tests.Databases;

/// <summary>Lets MySql.Data 8.0.16 talk to MariaDB: it does not know the name that MariaDB gives to a character set.</summary>
internal static class MySqlData
{
    private static readonly Lazy<bool> Ready = new(Set);

    public static void Use() => _ = Ready.Value;

    private static bool Set()
    {
        FieldInfo field = typeof(MySqlConnection).Assembly.GetType("MySql.Data.MySqlClient.CharSetMap", throwOnError: true)!
            .GetField("_mapping", BindingFlags.NonPublic | BindingFlags.Static)!;
        if (field.GetValue(null) is not IDictionary { Count: > 0 } sets)
        {
            typeof(MySqlConnection).Assembly.GetType("MySql.Data.MySqlClient.CharSetMap")!
                .GetMethod("LoadCharsetMap", BindingFlags.NonPublic | BindingFlags.Static)?.Invoke(null, null);
            sets = (IDictionary)field.GetValue(null)!;
        }

        sets["utf8mb3"] = sets["utf8"];
        return true;
    }
}
