using System.Buffers.Binary;
using TaskQ.Backend;

namespace TaskQ.Sql.Store;

/// <summary>A name as the tables keep it.</summary>
internal static class NameKey
{
    public static byte[] Bytes(MessageName name)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, name.Key);
        return bytes;
    }
}
