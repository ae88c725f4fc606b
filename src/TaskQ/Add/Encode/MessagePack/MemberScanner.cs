using System.Reflection;
using System.Runtime.Serialization;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Finds the members of a type that are written, and the constructor that takes them.</summary>
/// <remarks>The rules are those of MessagePack-CSharp's contractless resolver and of its support for <see cref="DataContractAttribute"/>.</remarks>
internal static class MemberScanner
{
    private const int MaxOrder = 4095;
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    /// <summary>The layout of a type.</summary>
    /// <exception cref="PayloadException">It has none.</exception>
    public static ObjectLayout Scan(Type type)
    {
        var isContract = type.IsDefined(typeof(DataContractAttribute), inherit: false);
        var members = Members(type).Where(m => !IsIgnored(m)).ToArray();
        if (isContract)
        {
            members = [.. members.Where(m => m.IsDefined(typeof(DataMemberAttribute)))];
        }

        var isArray = isContract && (members.Length == 0 || members.Any(m => Order(m) >= 0));
        var slots = members.Select(m => Slot(type, m, isContract, isArray)).ToArray();
        CheckUnique(type, slots, isArray);
        var constructor = ConstructorBinder.Bind(type, slots);
        if (!isContract)
        {
            // Members that reading could not restore are left out.
            slots = [.. slots.Where(s => s.IsSettable || s.Parameter is not null).OrderBy(s => SortKey(s.Member))];
        }

        return new ObjectLayout { Slots = slots, IsArray = isArray, Constructor = constructor };
    }

    /// <summary>A public property or field by its name, whatever its case.</summary>
    public static MemberInfo? PublicMember(Type type, string name) => type
        .GetMember(name, MemberTypes.Property | MemberTypes.Field, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase)
        .FirstOrDefault();

    /// <summary>Base classes first; of each class its properties, then its fields.</summary>
    private static List<MemberInfo> Members(Type type)
    {
        var levels = new Stack<Type>();
        for (var level = type; level is not null && level != typeof(object) && level != typeof(ValueType); level = level.BaseType)
        {
            levels.Push(level);
        }

        var members = new List<MemberInfo>();
        foreach (var level in levels)
        {
            foreach (var property in level.GetProperties(Declared).Where(p => p.GetIndexParameters().Length == 0))
            {
                // An override takes the place where it is declared.
                members.RemoveAll(m => m is PropertyInfo other && Root(other) == Root(property));
                Add(members, property);
            }

            foreach (var field in level.GetFields(Declared))
            {
                Add(members, field);
            }
        }

        return members;
    }

    // A member that hides one of a base class follows it.
    private static void Add(List<MemberInfo> members, MemberInfo member)
    {
        var hidden = members.FindLastIndex(m => m.Name == member.Name);
        members.Insert(hidden < 0 ? members.Count : hidden + 1, member);
    }

    private static MethodInfo Root(PropertyInfo property) => (property.GetMethod ?? property.SetMethod)!.GetBaseDefinition();

    private static bool IsIgnored(MemberInfo member) =>
        member.IsDefined(typeof(IgnoreDataMemberAttribute)) || member.IsDefined(typeof(NonSerializedAttribute));

    private static ObjectSlot Slot(Type type, MemberInfo member, bool isContract, bool isArray)
    {
        var attribute = member.GetCustomAttribute<DataMemberAttribute>();
        if (isArray && Order(member) is < 0 or > MaxOrder)
        {
            throw FormatterFactory.Refused(
                type, $"Order of [DataMember] on {member.Name} must be from 0 to {MaxOrder}, since other members have one");
        }

        var property = member as PropertyInfo;
        var field = member as FieldInfo;
        return new ObjectSlot
        {
            Member = member,
            Name = (isContract ? attribute?.Name : null) ?? WireName(type, member),
            Index = isArray ? Order(member) : 0,
            IsWritten = field is not null || property!.GetMethod is { IsPublic: true },
            IsSettable = field is { IsInitOnly: false } || property?.SetMethod is { } setter && (isContract || setter.IsPublic),
            IsRequired = attribute is { IsRequired: true },
        };
    }

    // It also gets the longer name.
    private static string WireName(Type type, MemberInfo member)
    {
        for (var level = member.DeclaringType!.BaseType; level is not null; level = level.BaseType)
        {
            var hidden = level.GetMember(member.Name, MemberTypes.Property | MemberTypes.Field, Declared);
            if (hidden.Any(h => h is not PropertyInfo other || member is not PropertyInfo own || Root(other) != Root(own)))
            {
                return $"{member.DeclaringType.FullName}.{member.Name}";
            }
        }

        return member.Name;
    }

    private static void CheckUnique(Type type, ObjectSlot[] slots, bool isArray)
    {
        var twice = isArray
            ? slots.GroupBy(s => $"Order {s.Index}").FirstOrDefault(g => g.Count() > 1)
            : slots.GroupBy(s => s.Name).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
        {
            throw FormatterFactory.Refused(
                type, $"{string.Join(" and ", twice.Select(s => s.Member.Name))} have the same {(isArray ? "" : "name ")}{twice.Key}");
        }
    }

    private static int Order(MemberInfo member) => member.GetCustomAttribute<DataMemberAttribute>()?.Order ?? -1;

    // Without [DataContract] an order still sorts: none counts as -1, members without the attribute go last.
    private static int SortKey(MemberInfo member) => member.GetCustomAttribute<DataMemberAttribute>()?.Order ?? int.MaxValue;
}
