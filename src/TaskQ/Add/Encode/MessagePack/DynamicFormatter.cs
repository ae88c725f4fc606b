namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Values typed <see cref="object"/>: written by their run-time type, read as primitives and collections.</summary>
/// <remarks>Integers keep the width of their type on the wire, so that they are read as the type they had.</remarks>
internal sealed class DynamicFormatter(FormatterResolver resolver) : Formatter<object>
{
    public override void Write(ref MessagePackWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNil();
                break;
            case string text:
                writer.WriteString(text);
                break;
            case Enum:
                WriteInteger(ref writer, Convert.ChangeType(value, Enum.GetUnderlyingType(value.GetType()), null));
                break;
            default:
                if (!WriteInteger(ref writer, value))
                {
                    WriteOther(ref writer, value);
                }

                break;
        }
    }

    public override object? Read(ref MessagePackReader reader)
    {
        var code = reader.Peek();
        switch (code)
        {
            case MessagePackCode.Nil:
                reader.TryReadNil();
                return null;
            case MessagePackCode.False or MessagePackCode.True:
                return reader.ReadBoolean();
            case <= MessagePackCode.MaxFixInt or MessagePackCode.UInt8:
                return (byte)reader.ReadInt64();
            case >= MessagePackCode.MinNegative or MessagePackCode.Int8:
                return (sbyte)reader.ReadInt64();
            case MessagePackCode.UInt16:
                return (ushort)reader.ReadInt64();
            case MessagePackCode.UInt32:
                return (uint)reader.ReadInt64();
            case MessagePackCode.UInt64:
                return reader.ReadUInt64();
            case MessagePackCode.Int16:
                return (short)reader.ReadInt64();
            case MessagePackCode.Int32:
                return (int)reader.ReadInt64();
            case MessagePackCode.Int64:
                return reader.ReadInt64();
            case MessagePackCode.Float32:
                return reader.ReadSingle();
            case MessagePackCode.Float64:
                return reader.ReadDouble();
            case < MessagePackCode.FixArray or MessagePackCode.Map16 or MessagePackCode.Map32:
                return resolver.Get<Dictionary<object, object?>>().Read(ref reader);
            case < MessagePackCode.FixString or MessagePackCode.Array16 or MessagePackCode.Array32:
                return resolver.Get<object?[]>().Read(ref reader);
            case < MessagePackCode.Nil or (>= MessagePackCode.String8 and <= MessagePackCode.String32):
                return reader.ReadString();
            case >= MessagePackCode.Bin8 and <= MessagePackCode.Bin32:
                return reader.ReadBinary().ToArray();
            case 0xc1:
                throw reader.Unexpected("a value");
            default:
                return reader.ReadTimestamp();
        }
    }

    private static bool WriteInteger(ref MessagePackWriter writer, object value)
    {
        switch (value)
        {
            case int v:
                writer.WriteFixed(MessagePackCode.Int32, unchecked((ulong)v), sizeof(int));
                return true;
            case long v:
                writer.WriteFixed(MessagePackCode.Int64, unchecked((ulong)v), sizeof(long));
                return true;
            case byte v:
                writer.WriteFixed(MessagePackCode.UInt8, v, sizeof(byte));
                return true;
            case sbyte v:
                writer.WriteFixed(MessagePackCode.Int8, unchecked((ulong)v), sizeof(sbyte));
                return true;
            case short v:
                writer.WriteFixed(MessagePackCode.Int16, unchecked((ulong)v), sizeof(short));
                return true;
            case ushort v:
                writer.WriteFixed(MessagePackCode.UInt16, v, sizeof(ushort));
                return true;
            case uint v:
                writer.WriteFixed(MessagePackCode.UInt32, v, sizeof(uint));
                return true;
            case ulong v:
                writer.WriteFixed(MessagePackCode.UInt64, v, sizeof(ulong));
                return true;
            default:
                return false;
        }
    }

    private void WriteOther(ref MessagePackWriter writer, object value)
    {
        var type = value.GetType();
        if (type == typeof(object))
        {
            writer.WriteMapHeader(0);
        }
        else
        {
            resolver.Get(type).WriteBoxed(ref writer, value);
        }
    }
}
