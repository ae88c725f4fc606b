using System.Runtime.InteropServices;
using SQLitePCL;

namespace TaskQ.Sql.Tests.Databases;

/// <summary>Lets Microsoft.Data.Sqlite use the library of the system.</summary>
internal static class SystemSqlite
{
    private static readonly Lazy<bool> Ready = new(Set);

    public static void Use() => _ = Ready.Value;

    private static bool Set()
    {
        NativeLibrary.SetDllImportResolver(
            typeof(SQLite3Provider_e_sqlite3).Assembly,
            static (name, _, _) => name == "e_sqlite3" ? NativeLibrary.Load("libsqlite3.so.0") : 0);
        raw.SetProvider(new SQLite3Provider_e_sqlite3());
        return true;
    }
}
