using System.Data.Common;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace ApiWorker.Tasks;

/// <summary>A SQLite database in a file, by the library that the system has.</summary>
internal static class SqliteFile
{
    private static readonly string[] Libraries = ["libsqlite3.so.0", "libsqlite3.dylib", "winsqlite3"];

    private static readonly Lazy<bool> Ready = new(UseTheSystemsLibrary);

    /// <summary>Opens connections to a file, which is created when it is missing.</summary>
    public static DbDataSource Open(string file)
    {
        _ = Ready.Value;
        var connection = new SqliteConnectionStringBuilder { DataSource = file, Pooling = false };
        return SqliteFactory.Instance.CreateDataSource(connection.ConnectionString);
    }

    // With the package Microsoft.Data.Sqlite, which brings a library, none of this is needed.
    private static bool UseTheSystemsLibrary()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, static (name, _, _) => name == "e_sqlite3" ? Load() : 0);
        raw.SetProvider(new SQLite3Provider_e_sqlite3());
        return true;
    }

    private static nint Load()
    {
        foreach (string library in Libraries)
        {
            if (NativeLibrary.TryLoad(library, out nint handle))
            {
                return handle;
            }
        }

        throw new UsageException("There is no SQLite on this machine: install libsqlite3-0, or choose another --backend.");
    }
}
