using System.Numerics;
using System.Runtime.CompilerServices;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Tuples and pairs: arrays of exactly their items, in the order of the constructor's parameters.</summary>
internal static class TupleLayouts
{
    /// <summary>The layout of a tuple or pair, null for other types.</summary>
    public static ObjectLayout? Find(Type type)
    {
        var isPair = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>);
        var isTuple = type.IsGenericType && type.Namespace == nameof(System) && typeof(ITuple).IsAssignableFrom(type);
        if (!isPair && !isTuple && type != typeof(Complex))
        {
            return null;
        }

        var constructor = type.GetConstructors().Single(c => c.GetParameters().Length > 0);
        var slots = constructor.GetParameters().Select((parameter, index) => new ObjectSlot
        {
            Member = MemberScanner.PublicMember(type, parameter.Name!)!,
            Name = parameter.Name!,
            Index = index,
            IsWritten = true,
            IsSettable = false,
            Parameter = parameter,
        });
        return new ObjectLayout { Slots = [.. slots], IsArray = true, IsExact = true, Constructor = constructor };
    }
}
